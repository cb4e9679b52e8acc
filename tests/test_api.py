"""The public names: none may vanish or appear unnoticed."""

from __future__ import annotations

import importlib

import pytest

PUBLIC = {
    "painterly": """InputError ModelCard OutputError Painter PainterlyError StyleTraining TrainingError UsageError info
        load shipped_models stylize sweep_weights train_style""",
    "painterly.batch": "Job Outcome plan_jobs run_jobs stylize",
    "painterly.data": "CropDataset Photos SampleOrder centre_crop crop_loader find_photos",
    "painterly.encoders": """LOSS_NETWORKS VGG VGG_CONFIGURATIONS DistilledVGG Encoder LossNetwork choose_loss_network
        layer_names load_loss_network""",
    "painterly.images": "from_tensor read_picture resize_longest to_tensor",
    "painterly.losses": """WEIGHTINGS FeatureReconstruction PixelLoss StyleObjective StyleReconstruction TotalVariation
        Weighting feature_reconstruction gatys_content gatys_style gatys_style_layer gram_matrix pixel_loss
        squared_total_variation style_reconstruction total_variation""",
    "painterly.networks": "STYLE_PRESETS StyleDescription StyleNetwork",
}


@pytest.mark.parametrize("module", PUBLIC)
def test_public_names(module: str) -> None:
    package = importlib.import_module(module)
    names = set(PUBLIC[module].split())
    assert set(package.__all__) == names
    for name in names:
        assert getattr(package, name).__doc__ or name.isupper()


def test_an_unknown_name_is_an_attribute_error() -> None:
    import painterly

    with pytest.raises(AttributeError, match="nonsense"):
        painterly.nonsense  # type: ignore[attr-defined]  # noqa: B018
