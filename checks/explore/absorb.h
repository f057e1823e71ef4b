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
    uint64_t key;
    const uint64_t *words;
} Found;

static int is_in(Share share, uint64_t key)
{
    uint64_t number = hash_of(key >> share.shift) >> 32;
    return share.parts == 1 || number % (uint64_t)share.parts == (uint64_t)share.part;
}

/* Sorts by key, a byte at a time from the lowest; bytes in which no two keys differ are left out.
 * Returns the sorted one of the two arrays. */
static Found *by_key(Found *items, Found *spare, size_t n)
{
    uint64_t differ = 0;
    for (size_t i = 1; i < n; i++)
        differ |= items[i].key ^ items[0].key;
    for (int shift = 0; shift < 64; shift += 8) {
        size_t place[257] = {0};
        if (!(differ >> shift & 255))
            continue;
        for (size_t i = 0; i < n; i++)
            place[(items[i].key >> shift & 255) + 1]++;
        for (int digit = 0; digit < 256; digit++)
            place[digit + 1] += place[digit];
        for (size_t i = 0; i < n; i++)
            spare[place[items[i].key >> shift & 255]++] = items[i];
        Found *sorted = spare;
        spare = items;
        items = sorted;
    }
    return items;
}

/* Adds one block; what is new of it goes to `fresh`. */
static int add_block(Blocks *set, uint64_t key, const uint64_t *words, Fresh *fresh)
{
    uint64_t *old = block(set, key), used = 0;
    if (!old)
        return -1;
    for (int j = 0; j < WORDS; j++) {
        uint64_t new = words[j] & ~old[j];
        old[j] |= new;
        fresh->words[fresh->n_words] = new;
        fresh->n_words += new != 0;
        used |= (uint64_t)(new != 0) << j;
    }
    fresh->keys[fresh->blocks] = key;
    fresh->used[fresh->blocks] = (uint8_t)used;
    fresh->blocks += used != 0;
    return 0;
}

/* Adds blocks in order of their keys; those of one key are put together first. */
static int add_in_order(Blocks *set, const Found *items, size_t n, Fresh *fresh)
{
    for (size_t i = 0, next; i < n; i = next) {
        uint64_t together[WORDS];
        memcpy(together, items[i].words, sizeof together);
        for (next = i + 1; next < n && items[next].key == items[i].key; next++)
            for (int j = 0; j < WORDS; j++)
                together[j] |= items[next].words[j];
        if (add_block(set, items[i].key, together, fresh) < 0)
            return -1;
    }
    return 0;
}

static int absorb(Blocks *set, const Blocks **others, size_t n_others, Share share, Fresh *fresh)
{
    size_t most = 0, n = 0;
    for (size_t i = 0; i < n_others; i++)
        most += others[i]->count;
    if (!most)
        return 0;
    Found *items = malloc(2 * most * sizeof *items);
    fresh->keys = malloc(most * sizeof *fresh->keys);
    fresh->used = malloc(most);
    fresh->words = malloc((most * WORDS + 1) * sizeof *fresh->words);
    int failed = !items || !fresh->keys || !fresh->used || !fresh->words;
    for (size_t i = 0; i < n_others && !failed; i++)
        for (size_t slot = 0; slot < others[i]->count; slot++)
            if (is_in(share, others[i]->keys[slot]))
                items[n++] = (Found){others[i]->keys[slot], words_at(others[i], slot)};
    if (!failed)
        failed = add_in_order(set, by_key(items, items + most, n), n, fresh) < 0;
    free(items);
    return failed ? -1 : 0;
}

#endif
