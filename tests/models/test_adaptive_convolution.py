import pytest
import torch
import torch.nn.functional as F

from amsdff_hf.models.adaptive_convolution import AdaptiveConvolution


@pytest.mark.parametrize("num_views", [1, 2, 3, 7])
def test_any_number_of_views_becomes_one_vector(num_views):
    fused, weights = AdaptiveConvolution(64, (1, 3, 5), 16)(torch.randn(2, num_views, 64))
    assert fused.shape == (2, 64)
    torch.testing.assert_close(weights.sum(1), torch.ones(2))


def test_the_features_are_split_as_in_the_published_code():
    assert [part.out_channels for part in AdaptiveConvolution(64, (1, 3, 5), 16).filters.values()] == [22, 21, 21]
    assert [part.out_channels for part in AdaptiveConvolution(128, (1, 3, 5), 16).filters.values()] == [43, 43, 42]


def test_the_equations():
    torch.manual_seed(0)
    block, views = AdaptiveConvolution(8, (1, 3), 4), torch.randn(3, 4, 8)
    weights = F.linear(views.mean(1), block.kernel_scores.weight, block.kernel_scores.bias).softmax(-1)
    channels = views.transpose(1, 2)
    parts = [
        weights[:, index, None, None] * F.conv1d(channels, part.weight, part.bias, padding=index)
        for index, part in enumerate(block.filters.values())
    ]
    joined = torch.cat(parts, 1)
    excitation = block.excitation
    gates = torch.sigmoid(excitation.excite_map(torch.relu(excitation.squeeze_map(joined.mean(-1)))))
    torch.testing.assert_close(block(views)[0], (joined * gates[..., None]).mean(-1))
