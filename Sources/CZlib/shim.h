#pragma once
/* Input is read and not written. */
#define ZLIB_CONST
#include <zlib.h>
