/* What two machines and two channels do, as arrays that the caller fills in. */
#ifndef TABLES_H
#define TABLES_H

#include <stdint.h>
#include <stdlib.h>

#define UNKNOWN (-1)
#define NO_ROW (-2)
typedef struct {
    const int32_t *count, *first, *rows;
    size_t ids, size; /* how many there are; of `rows`, in ints */
} Ragged; /* count is UNKNOWN or the number of rows; the rows begin at first */

typedef struct {
    Ragged own[2], deliveries, network;
    const int32_t *weight;     /* channel -> how many transitions its network rows stand for */
    const int32_t *receive[2]; /* end * flights + flight -> end', message */
    const int32_t *put;        /* message * channels + channel -> channel'; message 0 is none */
    const int32_t *tick_end, *tick_channel;
    const int8_t *quiet, *settled;
    int64_t flights, channels, end_bits, channel_bits, clock;
} Tables;

enum { N_BUFFERS = 20, N_SIZES = 5 };

/* A row of `own`. */
typedef struct {
    int32_t end, message, waits;
} Own;
enum { QUIET = 1 }; /* what it waits for: quiet channels; otherwise a settled end as well */

/* A row of `deliveries`: what arrives, and the channel without it. */
typedef struct {
    int32_t flight, left; /* flight * 2 + lost: whether the network leads there as well */
} Delivery;

/* The entries, in the order in which they are filled in. */
enum {
    OWN_A, RECEIVE_A, PUT_A, OWN_B, RECEIVE_B, PUT_B, TICK_A, TICK_B, TICK_AB, TICK_BA
};

static inline const Own *own_rows(const Tables *t, int which, uint64_t end)
{
    return (const Own *)t->own[which].rows + t->own[which].first[end];
}

/* As many may be read as there are, and more. */
enum { SPARE = 4 };
static inline const Delivery *delivery_rows(const Tables *t, uint64_t channel)
{
    return (const Delivery *)t->deliveries.rows + t->deliveries.first[channel];
}

static inline const int32_t *network_rows(const Tables *t, uint64_t channel)
{
    return t->network.rows + t->network.first[channel];
}

/* The most rows that an id has. */
static size_t most_rows(const Ragged *table)
{
    int32_t most = 0;
    for (size_t i = 0; i < table->ids; i++)
        most = table->count[i] > most ? table->count[i] : most;
    return (size_t)most;
}

#endif
