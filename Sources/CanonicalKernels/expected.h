// Made by Fixtures/arithmetic/make.py: the digests of the battery's cases, in its order.
#pragma once
#include <stdint.h>

static const uint64_t expected_digests[] = {
    0xa3038718e8416fa8u,  // product NN 13x50x530
    0xc7094e392b4a9db0u,  // product NT 13x50x530
    0xe8de43dca36f2b81u,  // product TN 13x50x530
    0xe7bcdfb0895776d8u,  // product NN 70x50x66
    0xdd2be3ee4af21159u,  // product NT 70x50x66
    0x0260863fa8640858u,  // product TN 70x50x66
    0x96814e1f4fed1b8du,  // product NT 70x50x8, shallow
    0xacde36e31554c66au,  // product NT 30x8x40, thin
    0xad0786ec1b5aa27eu,  // product NN 30x7x40, thin
    0x6140a3166fdbcbf7u,  // product TN 40x6x530, turned
    0x2cd49d8432738ce6u,  // product TN 6x40x530
    0x23e7f0142d7c006eu,  // product NT 1x70x48, one row
    0xc773e9a3827714a3u,  // product NN 1x70x48, one row
    0xfee66f38e5137759u,  // product NT 2x64x48, two rows
    0x3bb7bff22a3727f4u,  // product NN 3x40x20 with infinities and NaN
    0xd9f76fd60b349709u,  // product NT 20x40x20 with infinities and NaN
    0x43aa6b042476b449u,  // product NT 1x40x70, bfloat16
    0x4f375d2e7be3cf99u,  // product NT 5x40x70, bfloat16
    0x7f649e547c84de11u,  // product NT 2x40x70, float16
    0x1c6113f3e8a31199u,  // product NT 70x40x16, float16
    0x0fe5d293d10da8ceu,  // exp
    0x783d9099198b3c7bu,  // log
    0xfc0218197215c8b2u,  // sigmoid
    0xc75610f7a5ac7694u,  // tanh
    0x0794cba19b6b2f3cu,  // silu
    0xcd9b98f15fd52e18u,  // gelu by erf
    0x9c12a51b5cc950d2u,  // gelu by tanh
    0x363917140207774eu,  // erf
    0xbbf97cb5be970d97u,  // sine of a turn
    0x91b4340a3b88d7efu,  // cosine of a turn
    0x68058c2c46e9c4d0u,  // square root
    0x1a2d66b2f1cbb73fu,  // norm
    0x96ecf171f5879008u,  // gate silu
    0x21af690a0c473443u,  // gate gelu by erf
    0xe411896a754dbec9u,  // gate gelu by tanh
    0xc35201347734ed1au,  // rotation
    0xc56da3d636a733f9u,  // softmax and loss
    0x85337b4ba6096315u,  // attention, two records
    0xd7f2d379c3a659b0u,  // attention, window
    0xc32213360db3e2a1u,  // attention, past one chain
    0x872c96969131544fu,  // AdamW
    0xa6ac3ff40dad757fu,  // sums
    0xa6598c9565997f54u,  // elementwise
    0xbc1c647071f8834cu,  // formats
    0x65dcc3871f58ca14u,  // random numbers
    0xdec51e655e5616e0u,  // scalar functions
};
