"""The public names: none may vanish or appear unnoticed."""

from __future__ import annotations

import importlib

import pytest

PUBLIC = {
    "painterly": """EncoderTraining InputError LearnSettings ModelCard OptimizationSettings OutputError Painter
        PainterlyError SRCNNTraining StyleTraining SuperResolutionTraining TrainingError Upscaler UsageError
        blend enlarge_video evaluate_style evaluate_super_resolution info learn_style load load_upscaler
        optimize paint_video shipped_models style_sheet stylize sweep_weights train_encoder train_srcnn train_style
        train_super_resolution upscale""",
    "painterly.batch": "Files Job Outcome plan_jobs run_jobs stylize upscale work_on_files",
    "painterly.benchmarks": """InferenceTable MemoryTable SpeedTable StartupTable Timing TrainingTable
        benchmark_inference benchmark_memory benchmark_paper benchmark_startup benchmark_training time_calls""",
    "painterly.cluster": "ClusterSettings Recipe Summary work_on_cluster",
    "painterly.data": """CropDataset DEGRADATIONS Photos SampleOrder centre_crop crop_loader degrade
        find_photos""",
    "painterly.encoders": """LOSS_NETWORKS VGG VGG_CONFIGURATIONS DistilledVGG Encoder LossNetwork
        choose_loss_network layer_names load_loss_network""",
    "painterly.evaluation": """PUBLISHED AuthorsComparison AuthorsPair BenchmarkSet Convergence Evaluation
        GalleryEvaluation Judge Pair Slope Stage StyleEvaluation colour_shift compare_with_authors convergence_chart
        curve_slope evaluate_convergence evaluate_gallery evaluate_style learning_chart learning_curves learning_goals
        curve_chart downsampling_argument evaluate_super_resolution find_sets grid_energy grid_share load_judge luma
        luma_psnr luma_ssim multiplications receptive_field save_chart side_by_side speed_chart stages_of""",
    "painterly.images": """Metadata SaveOptions StripReader contact_sheet enlarge from_tensor gaussian_blur keep_colours
        match_histogram match_statistics open_strips read_picture resize_longest save_picture shrink to_tensor
        with_luminance write_strips""",
    "painterly.inference": "BACKENDS PRECISIONS Choice Graph accelerate choose from_bytes lower stream to_bytes",
    "painterly.losses": """WEIGHTINGS FeatureReconstruction GalleryObjective GridLoss Movement PerceptualLoss PixelLoss
        StyleObjective StyleReconstruction SuperResolutionObjective TiledObjective TotalVariation Weighting
        disturb feature_reconstruction gatys_content gatys_style gatys_style_layer gram_matrix
        grid_loss movements pixel_loss squared_total_variation steadiness style_distances
        style_reconstruction total_variation variation_power""",
    "painterly.report": "SECTIONS ReportSettings build_report",
    "painterly.resources": """EnergyCounter NVMLCounter RAPLCounter Usage UsageMeter describe_machine
        find_counter peak_memory reset_peak_memory""",
    "painterly.networks": """Network SCALES SRCNN SRCNN_PRESETS STYLE_PRESETS SUPER_RESOLUTION_PRESETS
        SRCNNDescription StyleDescription StyleNetwork SuperResolutionDescription SuperResolutionNetwork
        build_network carry_round with_mix""",
    "painterly.optimisation": """COLORS Descent Iteration METHODS OptimizationSettings Progress Result
        inversion_terms invert invert_layers optimize""",
    "painterly.server": "ServerSettings create_app free_socket serve",
    "painterly.studio": "page_folder",
    "painterly.tiling": """FileStore MemoryStore PixelStore Pixels Program ProgramBuilder Rect Span TensorPixels
        add_network apply_tiled network_program run_tiled trace_network""",
    "painterly.video": """Clip Encoding FlickerRow Frame Live Made Mix Reader SyntheticClip enlarge_video
        evaluate_flicker frame_difference open_clip paint_camera paint_video parse_mix synthetic_clip warping_error""",
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
