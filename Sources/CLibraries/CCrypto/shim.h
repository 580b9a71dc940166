// libcrypto of OpenSSL 3: bulk SHA-256 and ChaCha20-Poly1305.
#pragma once
#include <openssl/evp.h>
#include <openssl/err.h>
