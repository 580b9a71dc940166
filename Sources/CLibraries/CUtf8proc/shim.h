// utf8proc: Unicode normalisation and categories of one fixed version.
#pragma once
#include <utf8proc.h>
