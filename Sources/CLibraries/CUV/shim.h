// libuv: the event loop.
#pragma once
#include <uv.h>
