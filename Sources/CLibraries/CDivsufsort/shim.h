// libdivsufsort: suffix arrays for verbatim tracing.
#pragma once
#include <divsufsort64.h>
