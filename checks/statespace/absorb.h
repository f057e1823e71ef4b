/* What of some sets is not yet in another: it is added, and is the next level. */
#ifndef ABSORB_H
#define ABSORB_H

#include "blocks.h"

/* The blocks whose row, key >> shift, is in this part of so many. */
typedef struct {
    Py_ssize_t part, parts, shift;
} Share;

typedef struct {
    uint64_t *keys, *words;
    uint8_t *used; /* which words of a block are not zero */
    size_t blocks, n_words;
} Fresh;

typedef struct {
    uint64_t key, *words;
} Found;

static int is_in(Share share, uint64_t key)
{
    uint64_t number = hash_of(key >> share.shift) >> 32;
    return share.parts == 1 || number % (uint64_t)share.parts == (uint64_t)share.part;
}

enum { DIGIT = 11 };

/* Sorts by key, DIGIT bits at a time from the lowest in which two keys differ. Returns the sorted
 * one of the two arrays. */
static Found *by_key(Found *items, Found *spare, size_t n)
{
    const uint64_t mask = (1u << DIGIT) - 1;
    uint64_t differ = 0;
    for (size_t i = 1; i < n; i++)
        differ |= items[i].key ^ items[0].key;
    for (unsigned shift = 0; shift < 64 && differ >> shift; shift += DIGIT) {
        size_t place[(1 << DIGIT) + 1] = {0};
        shift += lowest_one(differ >> shift);
        for (size_t i = 0; i < n; i++)
            place[(items[i].key >> shift & mask) + 1]++;
        for (size_t digit = 0; digit < mask; digit++)
            place[digit + 1] += place[digit];
        for (size_t i = 0; i < n; i++)
            spare[place[items[i].key >> shift & mask]++] = items[i];
        Found *sorted = spare;
        spare = items;
        items = sorted;
    }
    return items;
}

/* Adds one block; what is new of it goes to `fresh`. */
static void add_block(uint64_t *seen, const Found *found, Fresh *fresh)
{
    uint64_t used = 0;
    for (int j = 0; j < WORDS; j++) {
        uint64_t new = found->words[j] & ~seen[j];
        seen[j] |= new;
        fresh->words[fresh->n_words] = new;
        fresh->n_words += new != 0;
        used |= (uint64_t)(new != 0) << j;
    }
    fresh->keys[fresh->blocks] = found->key;
    fresh->used[fresh->blocks] = (uint8_t)used;
    fresh->blocks += used != 0;
}

/* Puts blocks of one key, which are neighbours, together; returns how many are left. */
static size_t together(Found *items, size_t n)
{
    size_t left = 0;
    for (size_t i = 0; i < n; i++)
        if (left && items[left - 1].key == items[i].key)
            add_words(items[left - 1].words, items[i].words);
        else
            items[left++] = items[i];
    return left;
}

/* Adds blocks of different keys: a few at a time, so that their memory is there when it is used. */
static int add_all(Blocks *set, const Found *items, size_t n, Fresh *fresh)
{
    enum { FEW = 16 };
    Page page = NO_PAGE;
    uint64_t *seen[FEW];
    for (size_t from = 0, few; from < n; from += few) {
        few = n - from < FEW ? n - from : FEW;
        for (size_t i = 0; i < few; i++) {
            PREFETCH(items[from + i].words);
            seen[i] = block(set, &page, items[from + i].key);
            if (!seen[i])
                return -1;
            PREFETCH(seen[i]);
        }
        for (size_t i = 0; i < few; i++)
            add_block(seen[i], items + from + i, fresh);
    }
    return 0;
}

/* Memory of the set for so many blocks. It is kept, as the system takes its time to give more. */
static Found *reserve(Blocks *set, size_t blocks, Fresh *fresh)
{
    size_t size = blocks * (2 * sizeof(Found) + sizeof(uint64_t) * (1 + WORDS) + 1) + 8;
    if (set->scratch_size < size) {
        free(set->scratch);
        set->scratch = malloc(2 * size);
        set->scratch_size = set->scratch ? 2 * size : 0;
    }
    if (!set->scratch)
        return NULL;
    Found *items = set->scratch;
    fresh->keys = (uint64_t *)(items + 2 * blocks);
    fresh->words = fresh->keys + blocks;
    fresh->used = (uint8_t *)(fresh->words + WORDS * blocks + 1);
    return items;
}

/* The other sets' words of blocks in this part may be changed. What is fresh is in memory of the
 * set, until the next call. */
static int absorb(Blocks *set, const Blocks **others, size_t n_others, Share share, Fresh *fresh)
{
    size_t most = 0, n = 0;
    for (size_t i = 0; i < n_others; i++)
        most += others[i]->count;
    Found *items = reserve(set, most, fresh);
    if (!items)
        return -1;
    for (size_t i = 0; i < n_others; i++)
        for (size_t slot = 0; slot < others[i]->count; slot++)
            if (is_in(share, others[i]->keys[slot]))
                items[n++] = (Found){others[i]->keys[slot], words_at(others[i], slot)};
    Found *ordered = by_key(items, items + most, n);
    return add_all(set, ordered, together(ordered, n), fresh);
}

#endif
