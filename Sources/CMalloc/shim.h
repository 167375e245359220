#pragma once
/* Glibc's own settings of its allocator; they are in no module of Swift. */
#include <malloc.h>
