// SQLite: claims, indexes and state.
#pragma once
#include <sqlite3.h>
