#pragma once
// SHA256_Init/Update/Final are marked deprecated since OpenSSL 3.0 in favour of EVP, which costs an allocation and a fetch per digest; we hash
// short inputs all day, so the marks are switched off here, before the first header.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
