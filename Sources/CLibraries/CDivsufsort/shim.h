// libdivsufsort: the order of all suffixes of a text.
#pragma once
#include <divsufsort.h>
