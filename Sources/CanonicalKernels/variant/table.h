// The table of one variant.
#pragma once
#include "attention.h"
#include "random.h"

#define CK_TABLE(NAME)                                                                              \
  {.name = NAME, .product = product, .pack = pack, .map = map, .scale = scale, .add = add,          \
   .axpy = axpy, .multiply = multiply, .addBias = add_bias, .columnSums = column_sums,              \
   .normForward = norm_forward, .normBackward = norm_backward,                                      \
   .normWeightGradient = norm_weight_gradient, .gateForward = gate_forward,                         \
   .gateBackward = gate_backward, .rotate = rotate, .softmax = softmax,                             \
   .crossEntropy = cross_entropy, .attentionForward = attention_forward,                            \
   .attentionBackward = attention_backward, .gather = gather, .scatterAdd = scatter_add,            \
   .adamw = adamw, .sumRow = sum_row, .dotRow = dot_row, .maxRow = max_row, .sum = sum,             \
   .sumOfSquares = sum_of_squares, .rowDots = row_dots, .widen = widen, .narrow = narrow,           \
   .canonicalise = canonicalise, .hasNaN = has_nan, .randomWords = random_words, .uniform = uniform, .normal = normal}
