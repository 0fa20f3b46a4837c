#ifndef RXV_CORE_LIST_H
#define RXV_CORE_LIST_H
// A ring of links with a head: insertion and removal without a search. The owner's lock guards it.

#include "core/types.h"

struct list {
  struct list *next, *prev;
};

#define LIST(name) struct list name = {&(name), &(name)}

static inline void
list_init(struct list *l)
{
  l->next = l->prev = l;
}

static inline int
list_empty(const struct list *l)
{
  return l->next == l;
}

// Put n behind the last (add) or before the first (push).
static inline void
list_add(struct list *head, struct list *n)
{
  n->next = head;
  n->prev = head->prev;
  head->prev->next = n;
  head->prev = n;
}

static inline void
list_push(struct list *head, struct list *n)
{
  list_add(head->next, n);
}

// Take n out; it is a list of its own afterwards, so a second removal does no harm.
static inline void
list_del(struct list *n)
{
  n->prev->next = n->next;
  n->next->prev = n->prev;
  list_init(n);
}

// Take the first out; 0: empty.
static inline struct list *
list_pop(struct list *head)
{
  struct list *n = head->next;
  if(n == head)
    return 0;
  list_del(n);
  return n;
}

#define list_each(n, head) for(struct list *n = (head)->next; n != (head); n = n->next)

#endif
