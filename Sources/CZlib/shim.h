#pragma once
/* Without ZLIB_CONST: another module of a program may have read zlib.h, and both have to have read the same structures. */
#include <zlib.h>
