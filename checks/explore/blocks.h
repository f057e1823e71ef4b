/* An exact set of states, by open addressing. A block is 512 neighbours as bits, one cache line. */
#ifndef BLOCKS_H
#define BLOCKS_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define WORDS 8
#define BLOCK_BITS 9
#define CHUNK_BITS 10

#if defined(__GNUC__)
#define lowest_one(x) ((unsigned)__builtin_ctzll(x))
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#else
static unsigned lowest_one(uint64_t x)
{
    unsigned n = 0;
    for (; !(x & 1); x >>= 1)
        n++;
    return n;
}
#define UNLIKELY(x) (x)
#endif

typedef struct {
    uint32_t *table;   /* slot + 1, or 0 */
    size_t mask;       /* its length - 1 */
    unsigned shift;    /* 64 - the bits of an index */
    uint64_t *keys;    /* by slot */
    uint64_t **chunks; /* the words by slot; they never move */
    size_t count, room, n_chunks;
} Blocks;

static inline uint64_t *words_at(const Blocks *set, size_t slot)
{
    return set->chunks[slot >> CHUNK_BITS] + (slot & ((1u << CHUNK_BITS) - 1)) * WORDS;
}

/* Fibonacci hashing: the high bits of the product depend on all bits of the key. */
static uint64_t hash_of(uint64_t key) { return key * 0x9E3779B97F4A7C15u; }

/* Enters a slot, whose key is not there yet. */
static void enter(Blocks *set, size_t slot)
{
    size_t i = hash_of(set->keys[slot]) >> set->shift;
    while (set->table[i])
        i = (i + 1) & set->mask;
    set->table[i] = (uint32_t)slot + 1;
}

static int rehash(Blocks *set, unsigned bits)
{
    uint32_t *table = calloc((size_t)1 << bits, sizeof *table);
    if (!table)
        return -1;
    free(set->table);
    set->table = table;
    set->mask = ((size_t)1 << bits) - 1;
    set->shift = 64 - bits;
    for (size_t slot = 0; slot < set->count; slot++)
        enter(set, slot);
    return 0;
}

static int more_room(Blocks *set)
{
    if (set->count >= UINT32_MAX - 1)
        return -1;
    if (set->count == set->room) {
        size_t room = set->room ? set->room * 2 : 64;
        uint64_t *keys = realloc(set->keys, room * sizeof *keys);
        if (!keys)
            return -1;
        set->keys = keys;
        set->room = room;
    }
    if (set->count >> CHUNK_BITS == set->n_chunks) {
        uint64_t **chunks = realloc(set->chunks, (set->n_chunks + 1) * sizeof *chunks);
        if (!chunks)
            return -1;
        set->chunks = chunks;
        chunks[set->n_chunks] = malloc(sizeof(uint64_t) * WORDS << CHUNK_BITS);
        if (!chunks[set->n_chunks])
            return -1;
        set->n_chunks++;
    }
    if (!set->table || (set->count + 1) * 2 > set->mask + 1)
        return rehash(set, set->table ? 65 - set->shift : 7);
    return 0;
}

/* Adds a block that is not there, all zero. */
static uint64_t *add(Blocks *set, uint64_t key)
{
    if (more_room(set) < 0)
        return NULL;
    set->keys[set->count] = key;
    enter(set, set->count);
    return memset(words_at(set, set->count++), 0, sizeof(uint64_t) * WORDS);
}

/* The words of a block, which is added if it is not there; NULL without memory. */
static inline uint64_t *block(Blocks *set, uint64_t key)
{
    if (set->table) {
        size_t i = hash_of(key) >> set->shift;
        for (uint32_t slot; (slot = set->table[i]); i = (i + 1) & set->mask)
            if (set->keys[slot - 1] == key)
                return words_at(set, slot - 1);
    }
    return add(set, key);
}

/* Removes all blocks, and keeps the memory for others. */
static void empty(Blocks *set)
{
    set->count = 0;
    if (set->table)
        memset(set->table, 0, (set->mask + 1) * sizeof *set->table);
}

static void clear(Blocks *set)
{
    for (size_t i = 0; i < set->n_chunks; i++)
        free(set->chunks[i]);
    free(set->chunks);
    free(set->keys);
    free(set->table);
    memset(set, 0, sizeof *set);
}

#endif
