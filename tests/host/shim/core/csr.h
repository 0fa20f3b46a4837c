#ifndef RXV_CORE_CSR_H
#define RXV_CORE_CSR_H
// The host has none of these registers, and nothing to order. In place of kernel/core/csr.h.

static inline void
fence_i(void)
{
}

#endif
