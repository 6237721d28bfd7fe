export {
  type CreateSession,
  type CreateSessionOptions,
  type Provider,
  type ProviderName,
  ProviderUnavailableError,
  type Session,
} from './providers/provider.js';
export * from './card/model-card.js';
export { CARD_FORMAT, CARD_KEY, CardError, parseCard } from './card/parse-card.js';
export { WEIGHTS_KEY } from './card/weights-key.js';
export { NotOnnxError, readMetadata } from './card/onnx-metadata.js';
export { checkCard } from './model/bind-graph.js';
export { completeCard, DIFFUSERS_GRAPH, type GivenCard } from './card/given-card.js';
export { describeValue, type GraphValue, type GraphValues, graphValues } from './card/graph-values.js';
export { outputNames } from './card/output-names.js';
export { SAMPLER_KEY, type SamplerInfo } from './card/sampler-info.js';
export { readCard } from './card/read-card.js';
export type { SourceCard } from './card/source-card.js';
export { checkSeed, type NoiseKey, STREAM } from './noise/key.js';
export { normalBatch, normals } from './noise/normal.js';
export { threefry4x32 } from './noise/threefry.js';
export { integers, permutation, rademachers, uniforms } from './noise/uniform.js';
export { alphaBars } from './schedules/alpha-bars.js';
export { cosineBetas, type CosineBetasOptions } from './schedules/cosine-betas.js';
export { scaledLinearBetas } from './schedules/scaled-linear-betas.js';
export { geometricSigmas, type GeometricSigmasOptions } from './schedules/geometric-sigmas.js';
export { linearBetas, type LinearBetasOptions } from './schedules/linear-betas.js';
export { maxPairwiseDistance, type MaxPairwiseDistanceOptions } from './schedules/max-pairwise-distance.js';
export { levelOverlap, ncsnV2Ladder, type NcsnV2LadderOptions } from './schedules/ncsn-v2-ladder.js';
export { ncsnV2StepSize, type NcsnV2StepSizeOptions, varianceRatio } from './schedules/ncsn-v2-step-size.js';
export { posteriorLogVariances, posteriorVariances } from './schedules/posterior-variances.js';
export { priorKl, terminalSnr } from './schedules/terminal.js';
export { VERSION } from './version.js';
export type {
  Evaluation,
  Pullback,
  ScoreModel,
  ScoreSource,
  VariancePrediction,
} from './model/score-model.js';
export { dormandPrince5 } from './ode/dormand-prince-5.js';
export { dormandPrince8 } from './ode/dormand-prince-8.js';
export type { RungeKuttaMethod } from './ode/runge-kutta-method.js';
export type { SolverOptions } from './ode/solver-options.js';
export { type Affine, conversion, convert } from './parametrisation/convert.js';
export { CLEAN, type Level, type Marginal, type OwnLevel } from './process/level.js';
export { type Posterior, posterior } from './process/posterior.js';
export { processBetas, processLevels } from './process/process-levels.js';
export { respace } from './process/respace.js';
export type { AncestralOptions } from './samplers/ancestral-options.js';
export { annealedLangevin, type AnnealedLangevinOptions } from './samplers/annealed-langevin.js';
export { checkNeeds } from './samplers/check-needs.js';
export type { ChurnOptions } from './samplers/churn.js';
export type { Clip, DynamicThreshold } from './samplers/clip.js';
export type { Corrector, Score } from './samplers/correctors/corrector.js';
export {
  langevinCorrector,
  type LangevinCorrectorOptions,
} from './samplers/correctors/langevin-corrector.js';
export { ddim, type DdimOptions } from './samplers/ddim.js';
export { ddpm, type DdpmOptions } from './samplers/ddpm.js';
export { deis, type DeisOptions } from './samplers/deis.js';
export { dpmSolverPP2MSde, type DpmSolverPP2MSdeOptions } from './samplers/dpm-solver-2m-sde.js';
export {
  dpmSolverPP2SAncestral,
  type DpmSolverPP2SAncestralOptions,
} from './samplers/dpm-solver-2s-ancestral.js';
export { dpmSolverPP3MSde, type DpmSolverPP3MSdeOptions } from './samplers/dpm-solver-3m-sde.js';
export { dpmSolverMultistep, type DpmSolverMultistepOptions } from './samplers/dpm-solver-multistep.js';
export { dpmSolverPPSde, type DpmSolverPPSdeOptions } from './samplers/dpm-solver-sde.js';
export { dpmSolverSinglestep, type DpmSolverSinglestepOptions } from './samplers/dpm-solver-singlestep.js';
export { eulerAncestral, type EulerAncestralOptions } from './samplers/euler-ancestral.js';
export { euler, type EulerOptions } from './samplers/euler.js';
export { hamiltonian, type HamiltonianOptions } from './samplers/hamiltonian.js';
export { heun, type HeunOptions } from './samplers/heun.js';
export { fromNcsnStep } from './samplers/langevin-step.js';
export { langevin, type LangevinOptions } from './samplers/langevin.js';
export type { LevelOptions, Transition } from './samplers/level-options.js';
export { lms, type LmsOptions } from './samplers/lms.js';
export { mala, type MalaOptions } from './samplers/mala.js';
export { predictorCorrector, type PredictorCorrectorOptions } from './samplers/predictor-corrector.js';
export { ancestral } from './samplers/predictors/ancestral.js';
export { eulerMaruyama } from './samplers/predictors/euler-maruyama.js';
export type { Predictor, PredictorStep } from './samplers/predictors/predictor.js';
export { reverseDiffusion } from './samplers/predictors/reverse-diffusion.js';
export { probabilityFlow, type ProbabilityFlowOptions } from './samplers/probability-flow.js';
export type { Chain, ChainStep, DeviceSampler, Plan, Sampler, StateChain } from './samplers/sampler.js';
export { uniPc, type UniPcOptions } from './samplers/uni-pc.js';
export { atLevels, atSigmas } from './spacing/at-levels.js';
export { exponential, type ExponentialOptions } from './spacing/exponential.js';
export { karras, type KarrasOptions } from './spacing/karras.js';
export { leading, type LeadingOptions } from './spacing/leading.js';
export { linspace } from './spacing/linspace.js';
export type { SigmaRange } from './spacing/sigma-range.js';
export type { Spacing } from './spacing/spacing.js';
export { trailing } from './spacing/trailing.js';
export { ddimInversion, type DdimInversionOptions } from './tasks/ddim-inversion.js';
export { inpaint, type InpaintOptions } from './tasks/inpaint.js';
export { sdEdit, type SdEditOptions } from './tasks/sd-edit.js';
export { type RecordedCard, recordSampler, type RecordOptions } from './recording/record-sampler.js';
export type { RecordedCall, RecordedTerm, Recording, Start } from './recording/recording.js';
export { sample, type SampleOptions } from './sampling/sample.js';
export { autoguided, checkGuide } from './sampling/autoguided.js';
export {
  classifierGuided,
  type ClassifierOptions,
  type LogProbability,
} from './sampling/classifier-guided.js';
export type { FloatArray } from './sampling/float-array.js';
export type { Guidance, GuidanceOptions } from './sampling/guidance.js';
export type { NoiseSource } from './sampling/noise-source.js';
export { NotFiniteError, type Progression } from './sampling/not-finite-error.js';
export { slerp } from './noise/slerp.js';
export type { Samples, SampleStep, Sampling } from './sampling/sampling.js';
export type { ConstantInput, ConstantInputs } from './model/bind-graph.js';
export type { CardOptions, LoadOptions, Progress } from './model/load-options.js';
export { logLikelihood, type Likelihood, type LikelihoodOptions } from './likelihood/log-likelihood.js';
export { exactTrace, hutchinson, type HutchinsonOptions, type Probes } from './likelihood/probes.js';
export { type ExtraOutputs, extraOutputs, extrasOf } from './model/extra-outputs.js';
export { IntegrityError } from './model/integrity-error.js';
export { DeviceLostError } from './providers/device-lost-error.js';
export type { ChainDevice, DeviceChain, DeviceChainOptions } from './sampling/device-chain.js';
export type { Gpu } from './webgpu/gpu.js';
export { type DeviceArray, isOnDevice, type State } from './sampling/state.js';
export type { GradientModel } from './model/open-gradient.js';
export { ModelError } from './model/model-error.js';
export { ModelReleasedError } from './model/model-released-error.js';
export { WorkerError } from './worker/worker-error.js';
