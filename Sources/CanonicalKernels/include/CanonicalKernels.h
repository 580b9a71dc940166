// The canonical kernels; see Specs/Arithmetic.md.
#pragma once
