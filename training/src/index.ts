export { divergence } from './autodiff/divergence.js';
export { hutchinsonDivergence } from './autodiff/hutchinson-divergence.js';
export { hvp } from './autodiff/hvp.js';
export { jvp } from './autodiff/jvp.js';
export { registerCorrectedGradients } from './autodiff/register.js';
export { vjp } from './autodiff/vjp.js';
export { convEnergy, type ConvEnergyOptions } from './models/conv-energy.js';
export { energyModel, type EnergyModel, type EnergyNetwork } from './models/energy.js';
export { classifier, logitsNetwork, type Classifier, type ClassifierOptions } from './models/classifier.js';
export { gaussianEnergy, gaussianScore } from './models/gaussian.js';
export { mixtureEnergy, type MixtureComponent } from './models/mixture.js';
export { mlp, mlpEnergy, type MlpOptions } from './models/mlp.js';
export type { Dropout, DropoutSite, Network } from './models/network.js';
export { ParameterScope } from './models/parameter-scope.js';
export {
  initialise,
  parameterCount,
  unpack,
  type Parameters,
  type ParameterSpec,
} from './models/parameters.js';
export { unet, type UNetOptions } from './models/unet.js';
export { grid, type Grid, type GridOptions } from './quadrature/grid.js';
export { logPartition } from './quadrature/log-partition.js';
export { crossEntropy, type CrossEntropyOptions } from './objectives/cross-entropy.js';
export { atNoiseLevels, type NoiseLevelsOptions } from './objectives/at-noise-levels.js';
export {
  contrastiveDivergence,
  type ContrastiveDivergenceOptions,
} from './objectives/contrastive-divergence.js';
export { denoising, type DenoisingOptions } from './objectives/denoising.js';
export { eps } from './objectives/eps.js';
export { explicit } from './objectives/explicit.js';
export {
  finiteDifferenceSliced,
  type FiniteDifferenceSlicedOptions,
} from './objectives/finite-difference-sliced.js';
export {
  boundWeight,
  minSnrWeight,
  p2Weight,
  sigmaPowerWeight,
  snrWeight,
  truncatedSnrWeight,
  type BoundWeightOptions,
  type P2Options,
  type SigmaWeight,
  type SnrWeight,
  type TimeWeight,
} from './objectives/loss-weights.js';
export { maximumLikelihood } from './objectives/maximum-likelihood.js';
export { mu } from './objectives/mu.js';
export type { TimeStep } from './objectives/time-steps.js';
export type { Batch, HostTensor, Objective, Predict, StepRandom } from './objectives/objective.js';
export { sliced, type SlicedOptions } from './objectives/sliced.js';
export type { Projection, SliceOptions } from './objectives/slices.js';
export { v } from './objectives/v.js';
export { x0 } from './objectives/x0.js';
export type { VariancePreservingOptions } from './objectives/variance-preserving.js';
export { gradientStep, updateStep } from './optimiser/accumulation.js';
export type { OptimiserOptions } from './optimiser/optimiser-options.js';
export { stepScalars, trainingStep } from './optimiser/step.js';
export type { StepFunction } from './optimiser/step-function.js';
export { initialState, type AverageName, type TrainingState } from './optimiser/training-state.js';
export { CheckpointError, readCheckpoint, stateOf, type Checkpoint } from './checkpoint/checkpoint.js';
export { readLatestCheckpoint } from './checkpoint/checkpoint-folder.js';
export { chooseEngine, type EngineChoice } from './engines/choose.js';
export { compiledEngine } from './engines/compiled.js';
export type { Engine, EngineName, RunningFunctions } from './engines/engine.js';
export { EngineUnavailableError, tensorFlowEngine, tfjsCpuEngine } from './engines/tfjs.js';
export { fit, type FitOptions } from './trainer/fit.js';
export { startPlan, type RunningPlan, type StepResult } from './trainer/running-plan.js';
export { train, type TrainingResult, type TrainOptions } from './trainer/train.js';
export type { BestCheckpoint } from './trainer/best-checkpoint.js';
export { NonFiniteError } from './trainer/non-finite-error.js';
export type { TrainingEvent } from './trainer/training-event.js';
export type { TrainingPlan, Validation } from './trainer/training-plan.js';
export { EventFile, type LoggedImage } from './tensorboard/event-file.js';
export { sampleGrid, type SampleGridOptions } from './observers/sample-grid.js';
export {
  variationalTerms,
  type VariationalTerms,
  type VariationalTermsOptions,
} from './evaluation/variational-terms.js';
export { CLASSIFIER_KEY } from './build/classifier.js';
export { batches, type BatchesOptions } from './data/batches.js';
export type { Dataset, ImageSet, LabelledImages, LoadDataOptions, Pixels } from './data/dataset.js';
export { describeData } from './data/describe-data.js';
export { loadFashionMnist } from './data/fashion-mnist.js';
export { loadImages, type LoadImagesOptions } from './data/images/load-images.js';
export { mixturePoints } from './data/mixture-points.js';
export { loadMnist } from './data/mnist.js';
export { loadNpy, type LoadNpyOptions } from './data/npy/load-npy.js';
export { accuracyOf } from './evaluation/accuracy.js';
export {
  loadJudge,
  SHIPPED_JUDGE,
  type Judge,
  type Judgement,
  type JudgeOptions,
} from './evaluation/judge.js';
export { bitsPerDim, type BitsPerDim, type BitsPerDimOptions } from './evaluation/bits-per-dim.js';
export { frechetDistance } from './evaluation/frechet-distance.js';
export { moments, type Moments } from './evaluation/moments.js';
export { judgeRealDigits } from './evaluation/real-digits.js';
export { scoreCard, type RealDigits, type ScoreCard } from './evaluation/score-card.js';
export type { Experiment, LabContext, LabResult } from './lab/experiment.js';
export { experiments } from './lab/experiments.js';
export { exportRun, type ExportedRun, type ExportRunOptions } from './export-run.js';
export { build, type Build, type RunFacts } from './build.js';
export { scoreFunction } from './build/score-function.js';
export { loadConfig } from './config/load-config.js';
export { configOptions } from './config/options.js';
export { presets } from './config/presets/index.js';
export type { Config, ConfigInput } from './config/schema.js';
