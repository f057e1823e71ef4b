/* An exact set of states: a hash table of pages, whose slots lead to blocks. A block is 512
 * neighbours as bits, one cache line. Its key is the row that it is of, and its number there. */
#ifndef BLOCKS_H
#define BLOCKS_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define WORDS 8
#define BLOCK_BITS 9
#define NUMBER_BITS 9 /* of a block in its row */
#define CHUNK_BITS 10
#define PAGE_BITS 7

#if defined(__GNUC__)
#define lowest_one(x) ((unsigned)__builtin_ctzll(x))
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define PREFETCH(address) __builtin_prefetch(address)
#else
static unsigned lowest_one(uint64_t x)
{
    unsigned n = 0;
    for (; !(x & 1); x >>= 1)
        n++;
    return n;
}
#define UNLIKELY(x) (x)
#define PREFETCH(address) ((void)(address))
#endif

/* The slots + 1 of blocks, or 0, of neighbouring rows: those that differ in PAGE_BITS bits only,
 * and are used one after the other. */
typedef struct {
    uint64_t key; /* with these bits as zero */
    uint32_t *slots;
} Page;
#define NO_PAGE {UINT64_MAX, NULL}

/* Memory that never moves, 1 << CHUNK_BITS items in each piece. */
typedef struct {
    void **pieces;
    size_t count;
} Chunks;

typedef struct {
    Page *table;    /* slots is NULL where there is no page */
    size_t mask;    /* its length - 1 */
    unsigned shift; /* 64 - the bits of an index */
    Chunks pages;   /* the slots of each page */
    size_t n_pages;
    uint64_t *keys; /* by slot */
    Chunks words;   /* by slot */
    size_t count, room;
    void *scratch; /* see absorb.h */
    size_t scratch_size;
} Blocks;

static inline uint64_t *words_at(const Blocks *set, size_t slot)
{
    uint64_t *words = set->words.pieces[slot >> CHUNK_BITS];
    return words + (slot & ((1u << CHUNK_BITS) - 1)) * WORDS;
}

/* Adds a block to another. */
static inline void add_words(uint64_t *__restrict into, const uint64_t *__restrict words)
{
    for (int j = 0; j < WORDS; j++)
        into[j] |= words[j];
}

static inline int is_zero(const uint64_t *words)
{
    uint64_t any = 0;
    for (int j = 0; j < WORDS; j++)
        any |= words[j];
    return !any;
}

/* Fibonacci hashing: the high bits of the product depend on all bits of the key. */
static uint64_t hash_of(uint64_t key) { return key * 0x9E3779B97F4A7C15u; }

/* Where a page is in the table, or is to be. */
static inline Page *place(const Blocks *set, uint64_t key)
{
    size_t i = hash_of(key) >> set->shift;
    while (set->table[i].slots && set->table[i].key != key)
        i = (i + 1) & set->mask;
    return set->table + i;
}

static int rehash(Blocks *set, unsigned bits)
{
    Page *old = set->table, *table = calloc((size_t)1 << bits, sizeof *table);
    size_t length = old ? set->mask + 1 : 0;
    if (!table)
        return -1;
    set->table = table;
    set->mask = ((size_t)1 << bits) - 1;
    set->shift = 64 - bits;
    for (size_t i = 0; i < length; i++)
        if (old[i].slots)
            *place(set, old[i].key) = old[i];
    free(old);
    return 0;
}

/* Memory for one more item of so many bytes. */
static int more_room(Chunks *chunks, size_t in_use, size_t bytes)
{
    if (in_use >> CHUNK_BITS < chunks->count)
        return 0;
    void **pieces = realloc(chunks->pieces, (chunks->count + 1) * sizeof *pieces);
    if (!pieces)
        return -1;
    chunks->pieces = pieces;
    pieces[chunks->count] = malloc(bytes << CHUNK_BITS);
    if (!pieces[chunks->count])
        return -1;
    chunks->count++;
    return 0;
}

static void release(Chunks *chunks)
{
    for (size_t i = 0; i < chunks->count; i++)
        free(chunks->pieces[i]);
    free(chunks->pieces);
}

/* Adds a page that is not there, of no blocks. */
static Page *add_page(Blocks *set, uint64_t key)
{
    size_t bytes = sizeof(uint32_t) << PAGE_BITS;
    if (more_room(&set->pages, set->n_pages, bytes) < 0)
        return NULL;
    if (!set->table || (set->n_pages + 1) * 2 > set->mask + 1)
        if (rehash(set, set->table ? 65 - set->shift : 5) < 0)
            return NULL;
    uint32_t *slots = set->pages.pieces[set->n_pages >> CHUNK_BITS];
    slots += (set->n_pages & ((1u << CHUNK_BITS) - 1)) << PAGE_BITS;
    set->n_pages++;
    Page *page = place(set, key);
    *page = (Page){key, memset(slots, 0, bytes)};
    return page;
}

/* Adds a block that is not there, all zero. */
static uint64_t *add(Blocks *set, uint64_t key, uint32_t *slot)
{
    if (set->count >= UINT32_MAX - 1)
        return NULL;
    if (set->count == set->room) {
        size_t room = set->room ? set->room * 2 : 64;
        uint64_t *keys = realloc(set->keys, room * sizeof *keys);
        if (!keys)
            return NULL;
        set->keys = keys;
        set->room = room;
    }
    if (more_room(&set->words, set->count, sizeof(uint64_t) * WORDS) < 0)
        return NULL;
    set->keys[set->count] = key;
    *slot = (uint32_t)set->count + 1;
    return memset(words_at(set, set->count++), 0, sizeof(uint64_t) * WORDS);
}

static inline uint64_t page_key(uint64_t key)
{
    return key & ~((((uint64_t)1 << PAGE_BITS) - 1) << NUMBER_BITS);
}

/* The page of a block, which is added if it is not there; NULL without memory. */
static Page *page_of(Blocks *set, uint64_t key)
{
    Page *page = set->table ? place(set, page_key(key)) : NULL;
    return page && page->slots ? page : add_page(set, page_key(key));
}

/* The words of a block, which is added if it is not there; NULL without memory. `page` is the one
 * that was used last. */
static inline uint64_t *block(Blocks *set, Page *page, uint64_t key)
{
    if (UNLIKELY(page->key != page_key(key))) {
        const Page *found = page_of(set, key);
        if (!found)
            return NULL;
        *page = *found;
    }
    uint32_t *slot = page->slots + (key >> NUMBER_BITS & (((uint64_t)1 << PAGE_BITS) - 1));
    return *slot ? words_at(set, *slot - 1) : add(set, key, slot);
}

/* Removes all blocks, and keeps the memory for others. */
static void empty(Blocks *set)
{
    set->count = set->n_pages = 0;
    if (set->table)
        memset(set->table, 0, (set->mask + 1) * sizeof *set->table);
}

static void clear(Blocks *set)
{
    release(&set->pages);
    release(&set->words);
    free(set->keys);
    free(set->table);
    free(set->scratch);
    memset(set, 0, sizeof *set);
}

#endif
