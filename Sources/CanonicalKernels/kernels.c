#include "CanonicalKernels.h"
