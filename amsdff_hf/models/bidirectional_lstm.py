# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""A bidirectional LSTM that reads each text to its own end, with any padding after it."""

import torch
from torch import nn
from torch._higher_order_ops.scan import scan
from transformers import initialization as init

from .padding import move_back


class DirectedLstm(nn.Module):
    """One direction of an LSTM (Hochreiter and Schmidhuber 1997), with one bias per gate.

    `torch.nn.LSTM` is not used, since torch.compile refuses it, and since the exporters unroll it for one length.

    Args:
        input_size (`int`): width of the token vectors.
        hidden_size (`int`): width of the state.
    """

    def __init__(self, input_size: int, hidden_size: int):
        super().__init__()
        self.input_weight = nn.Parameter(torch.empty(4 * hidden_size, input_size))
        self.recurrent_weight = nn.Parameter(torch.empty(4 * hidden_size, hidden_size))
        self.bias = nn.Parameter(torch.empty(4 * hidden_size))

    def initialize_parameters(self) -> None:
        """Initialize the inputs of each gate by Xavier, the recurrent weights orthogonally, the biases by zero."""
        for part in range(4):
            hidden_size = self.recurrent_weight.shape[1]
            rows = slice(part * hidden_size, (part + 1) * hidden_size)
            if not getattr(self.input_weight, "_is_hf_initialized", False):
                init.xavier_uniform_(self.input_weight[rows])
            if not getattr(self.recurrent_weight, "_is_hf_initialized", False):
                init.orthogonal_(self.recurrent_weight[rows])
        init.zeros_(self.bias)

    def forward(self, hidden_states: torch.Tensor) -> torch.Tensor:
        """Read `(batch_size, sequence_length, input_size)` from left to right; returns the states of all steps."""
        if torch.compiler.is_compiling():
            return self._scan(hidden_states)
        zeros = hidden_states.new_zeros(1, hidden_states.shape[0], self.recurrent_weight.shape[1])
        weights = [self.input_weight, self.recurrent_weight, self.bias, torch.zeros_like(self.bias)]
        states, _, _ = torch.lstm(hidden_states, (zeros, zeros), weights, True, 1, 0.0, self.training, False, True)
        return states

    def _scan(self, hidden_states: torch.Tensor) -> torch.Tensor:
        """Compute the same as a loop that one graph can hold for all lengths."""
        inputs = (hidden_states @ self.input_weight.t() + self.bias).transpose(0, 1)
        zeros = hidden_states.new_zeros(hidden_states.shape[0], self.recurrent_weight.shape[1])

        def step(carried: tuple[torch.Tensor, torch.Tensor], gates: torch.Tensor):
            state, cell = carried
            gates = gates + state @ self.recurrent_weight.t()
            entry, keep, candidate, release = gates.chunk(4, dim=-1)
            cell = keep.sigmoid() * cell + entry.sigmoid() * candidate.tanh()
            state = release.sigmoid() * cell.tanh()
            return (state, cell), state.clone()

        _, states = scan(step, (zeros, zeros.clone()), inputs)
        return states.transpose(0, 1)


class BidirectionalLstm(nn.Module):
    """Two LSTMs, one from the first real token to the last, one from the last to the first.

    The numbers are those of a packed `torch.nn.LSTM`: padding comes after the text in either direction.

    Args:
        input_size (`int`): width of the token vectors.
        hidden_size (`int`): width of the state of either direction.
    """

    def __init__(self, input_size: int, hidden_size: int):
        super().__init__()
        self.forward_lstm = DirectedLstm(input_size, hidden_size)
        self.backward_lstm = DirectedLstm(input_size, hidden_size)

    def forward(self, hidden_states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Read texts whose real tokens stand at the front.

        Args:
            hidden_states: `(batch_size, sequence_length, input_size)`.
            mask: boolean `(batch_size, sequence_length)`.

        Returns:
            States of both directions at every token, `(batch_size, sequence_length, 2 * hidden_size)`.
        """
        steps, lengths = torch.arange(mask.shape[1], device=mask.device), mask.sum(dim=1, keepdim=True)
        mirrored = torch.where(steps < lengths, lengths - 1 - steps, steps)
        backward = move_back(self.backward_lstm(move_back(hidden_states, mirrored)), mirrored)
        return torch.cat([self.forward_lstm(hidden_states), backward], dim=-1)


__all__ = ["BidirectionalLstm", "DirectedLstm"]
