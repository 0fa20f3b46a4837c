// Undefined behaviour that the compiler has found while the kernel ran (-fsanitize=undefined). The
// compiler calls one of these, each with a record that begins with the place in the source; none comes back. Names and
// records are those of the compilers' interface (compiler-rt, lib/ubsan/ubsan_handlers.h).

#include "core/assert.h"

struct source {
  const char *file;
  uint32 line, column;
};

#define FOUND(name, text)                                                        \
  void __ubsan_handle_##name(const struct source *at);                           \
  void __ubsan_handle_##name(const struct source *at)                            \
  {                                                                              \
    panic("%s:%u:%u: undefined behaviour: %s", at->file, at->line, at->column, text); \
  }

FOUND(add_overflow_abort, "a signed sum overflows")
FOUND(sub_overflow_abort, "a signed difference overflows")
FOUND(mul_overflow_abort, "a signed product overflows")
FOUND(negate_overflow_abort, "a negation overflows")
FOUND(divrem_overflow_abort, "a division by zero, or one that overflows")
FOUND(shift_out_of_bounds_abort, "a shift by more bits than there are, or of a sign")
FOUND(out_of_bounds_abort, "an index outside its array")
FOUND(vla_bound_not_positive_abort, "an array without elements")
FOUND(load_invalid_value_abort, "a bool or an enum with a value that it has not")
FOUND(pointer_overflow_abort, "a pointer that leaves the address space")
FOUND(nonnull_arg_abort, "a null argument where none may be")
FOUND(invalid_builtin_abort, "counting the zeros of zero")
FOUND(alignment_assumption_abort, "a pointer is not aligned as promised")
FOUND(function_type_mismatch_abort, "a function called as another type")
FOUND(builtin_unreachable, "a place that cannot be reached")
FOUND(missing_return, "a function that ends without its value")

// An access through pointer p to an object that cannot be there.
struct access {
  struct source at;
  const void *type;
  uint8 log_alignment;
  uint8 kind;
};

void __ubsan_handle_type_mismatch_v1_abort(const struct access *a, uint64 p);
void
__ubsan_handle_type_mismatch_v1_abort(const struct access *a, uint64 p)
{
  uint64 align = 1UL << a->log_alignment;
  const char *why = p == 0 ? "a null pointer is used" : p & (align - 1) ? "a pointer is not aligned" : "an object too small for its use";
  panic("%s:%u:%u: undefined behaviour: %s: 0x%lx, alignment %ld", a->at.file, a->at.line, a->at.column, why, p, align);
}
