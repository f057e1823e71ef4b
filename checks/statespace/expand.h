/* All transitions from rows of states. */
#ifndef EXPAND_H
#define EXPAND_H

#include "steps.h"

/* The steps from a row are taken in parts. One that needs an entry of a table which is not known
 * yet is taken again once it is filled in. */
enum { PARTS = 6, ALL = (1 << PARTS) - 1 };
static int (*const parts[PARTS])(Work *) = {
    own_steps_of_a, deliveries_to_a, own_steps_of_b, deliveries_to_b, network, tick
};

/* Takes these parts of the steps from a row, as far as the tables are filled in. */
static int expand_row(Work *w, int64_t todo)
{
    int64_t again = 0;
    for (int part = 0; part < PARTS - !w->t->clock; part++)
        if (todo >> part & 1) {
            uint64_t edges = w->edges;
            w->missing = 0;
            if (parts[part](w) < 0)
                return -1;
            if (w->missing) {
                w->edges = edges;
                again |= 1 << part;
            }
        }
    return again ? push(&w->again, (int64_t)w->from << PARTS | again) : 0;
}

/* The rows that come next are of this group. */
static void enter(Work *w, uint64_t b, uint64_t a)
{
    const Tables *t = w->t;
    uint64_t ends[2] = {w->a = a, w->b = b};
    w->group++;
    w->here.base = base_of(t, b, a);
    for (int which = 0; which < 2; which++) {
        const Own *own = own_rows(t, which, ends[which]);
        Step *step = w->own[which];
        for (int32_t n = t->own[which].count[ends[which]]; n-- > 0; own++, step++) {
            uint64_t after = (uint64_t)own->end;
            step->to.base = which ? base_of(t, after, a) : base_of(t, b, after);
            step->message = own->message;
            step->put = t->put + own->message * t->channels;
            step->waits = own->waits;
        }
    }
}

/* The blocks of the row that begins with this one: `to` is where they end. */
static void find_row(Work *w, size_t from)
{
    uint64_t row = w->keys[from] >> NUMBER_BITS;
    w->from = from;
    for (w->to = from + 1; w->to < w->blocks; w->to++)
        if (w->keys[w->to] >> NUMBER_BITS != row)
            break;
}

static void skip_words(Work *w, size_t from, size_t to)
{
    for (; from < to; from++)
        w->packed += count_ones(w->used[from]);
}

/* Expands the rows that begin in start..stop; or, with `todo`, those of them whose first block it
 * has, << PARTS, with the parts to take. */
static int expand_all(Work *w, size_t start, size_t stop, const int64_t *todo, size_t n)
{
    const Tables *t = w->t;
    uint64_t channel = ((uint64_t)1 << t->channel_bits) - 1, end = ((uint64_t)1 << t->end_bits) - 1;
    uint64_t group = UINT64_MAX;
    size_t from = start;
    const int64_t *last = todo + n;
    if (start) {
        find_row(w, start - 1);
        from = w->to;
    }
    for (skip_words(w, start, from); from < stop && (!n || todo < last); from = w->to) {
        find_row(w, from);
        if (n && (size_t)(*todo >> PARTS) != from) {
            skip_words(w, from, w->to);
            continue;
        }
        uint64_t row = w->keys[from] >> NUMBER_BITS;
        if (row >> t->channel_bits != group) {
            group = row >> t->channel_bits;
            enter(w, group >> t->end_bits, group & end);
        }
        w->ba = row & channel;
        w->row++;
        read_row(w);
        if (expand_row(w, n ? *todo++ : ALL) < 0)
            return -1;
    }
    return 0;
}

#endif
