import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from amsdff_hf.models.bidirectional_lstm import BidirectionalLstm, DirectedLstm


def random_lstm(input_size=8, hidden_size=5):
    torch.manual_seed(0)
    lstm = BidirectionalLstm(input_size, hidden_size)
    for parameter in lstm.parameters():
        nn.init.normal_(parameter)
    return lstm


def packed(lstm, hidden_states, lengths):
    """What torch.nn.LSTM makes of a packed batch with the same weights."""
    reference = nn.LSTM(8, 5, batch_first=True, bidirectional=True)
    for part, suffix in ((lstm.forward_lstm, ""), (lstm.backward_lstm, "_reverse")):
        getattr(reference, f"weight_ih_l0{suffix}").data = part.input_weight.data
        getattr(reference, f"weight_hh_l0{suffix}").data = part.recurrent_weight.data
        getattr(reference, f"bias_ih_l0{suffix}").data = part.bias.data
        getattr(reference, f"bias_hh_l0{suffix}").data.zero_()
    batch = pack_padded_sequence(hidden_states, lengths, batch_first=True, enforce_sorted=False)
    return pad_packed_sequence(reference(batch)[0], batch_first=True)[0]


def test_the_numbers_are_those_of_a_packed_lstm():
    lstm, hidden_states, lengths = random_lstm(), torch.randn(4, 7, 8), torch.tensor([7, 3, 1, 6])
    mask = torch.arange(7) < lengths[:, None]
    torch.testing.assert_close(lstm(hidden_states, mask)[mask], packed(lstm, hidden_states, lengths)[mask])


def test_the_loop_for_compiled_graphs_gives_the_same_numbers_and_gradients():
    lstm, hidden_states = random_lstm().forward_lstm, torch.randn(3, 6, 8)
    torch.testing.assert_close(lstm._scan(hidden_states), lstm(hidden_states))
    lstm(hidden_states).square().sum().backward()
    expected = {name: parameter.grad.clone() for name, parameter in lstm.named_parameters()}
    lstm.zero_grad()
    lstm._scan(hidden_states).square().sum().backward()
    for name, parameter in lstm.named_parameters():
        torch.testing.assert_close(parameter.grad, expected[name], atol=1e-4, rtol=1e-4)


def test_initial_weights_are_orthogonal_gate_by_gate():
    lstm = DirectedLstm(20, 6)
    lstm.initialize_parameters()
    for gate in lstm.recurrent_weight.chunk(4):
        torch.testing.assert_close(gate @ gate.t(), torch.eye(6), atol=1e-5, rtol=0)
    bound = (6 / (20 + 6)) ** 0.5
    assert 0.9 * bound < lstm.input_weight.abs().max() <= bound
    assert lstm.bias.abs().max() == 0
