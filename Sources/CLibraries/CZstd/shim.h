// zstd: chunks that compress travel compressed.
#pragma once
#include <zstd.h>
