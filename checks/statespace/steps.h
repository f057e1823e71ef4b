/* The steps from a row: what the ends do by themselves and on what arrives, the network, the clock. */
#ifndef STEPS_H
#define STEPS_H

#include "rows.h"

static int send_from_a(Work *w, Step *step, uint64_t ba)
{
    if (step->message || step->waits)
        return map_row(w, &step->to, ba, step);
    if (step->to.base != w->here.base || ba != w->ba)
        return move_row(w, &step->to, ba);
    w->edges += w->states;
    return 0;
}

/* Whether ba and the other end let an own step happen. */
static int is_ready(const Work *w, const Step *step, uint64_t other)
{
    const Tables *t = w->t;
    return !step->waits || (t->quiet[w->ba] && (step->waits == QUIET || t->settled[other]));
}

static int own_steps_of_a(Work *w)
{
    const Tables *t = w->t;
    if (t->own[0].count[w->a] < 0)
        return lacks(w, OWN_A, w->a);
    Step *step = w->own[0];
    for (int32_t n = t->own[0].count[w->a]; n--; step++)
        if (is_ready(w, step, w->b) && send_from_a(w, step, w->ba) < 0)
            return -1;
    return 0;
}

/* What a flight does to an end in this group; NULL without memory. */
static inline Step *meet(Work *w, int which, int32_t flight)
{
    Step *step = w->steps[which] + flight;
    if (step->group == w->group)
        return step;
    uint64_t end = which ? w->b : w->a;
    const int32_t *after = w->t->receive[which] + 2 * ((int64_t)end * w->t->flights + flight);
    step->group = w->group;
    step->kind = MISSING;
    if (after[0] == UNKNOWN)
        return lacks(w, which ? RECEIVE_B : RECEIVE_A, end << 20 | (uint64_t)flight) ? NULL : step;
    uint64_t a = which ? w->a : (uint64_t)after[0], b = which ? (uint64_t)after[0] : w->b;
    step->kind = (uint64_t)after[0] == end && !after[1] ? IGNORED : TAKEN;
    step->to.base = base_of(w->t, b, a);
    step->message = after[1];
    step->put = w->t->put + after[1] * w->t->channels;
    step->waits = 0;
    return step;
}

/* What arrives from ba at a. */
static int deliveries_to_a(Work *w)
{
    const Delivery *in = delivery_rows(w->t, w->ba);
    for (int32_t n = w->t->deliveries.count[w->ba]; n--; in++) {
        Step *step = meet(w, 0, in->flight >> 1);
        if (!step)
            return -1;
        if (step->kind == MISSING)
            w->missing = 1;
        else if (step->kind > (in->flight & 1)) {
            if (send_from_a(w, step, (uint64_t)in->left) < 0)
                return -1;
        } else
            w->edges += w->states; /* ignored: where its loss leads */
    }
    return 0;
}

static int any_is_quiet(const Work *w)
{
    int quiet = 0;
    for (size_t i = 0; i < w->states; i++)
        quiet |= w->t->quiet[w->ab[i]];
    return quiet;
}

static int own_steps_of_b(Work *w)
{
    const Tables *t = w->t;
    if (t->own[1].count[w->b] < 0)
        return lacks(w, OWN_B, w->b);
    Step *step = w->own[1];
    for (int32_t n = t->own[1].count[w->b]; n--; step++) {
        if (!is_ready(w, step, w->a) || (step->waits && !any_is_quiet(w)))
            continue;
        int32_t ba = step->put[w->ba];
        if (ba == UNKNOWN && lacks(w, PUT_B, w->ba << 20 | (uint64_t)step->message) < 0)
            return -1;
        if (ba < 0)
            continue;
        if (step->waits ? map_row(w, &step->to, (uint64_t)ba, &w->still)
                        : move_row(w, &step->to, (uint64_t)ba))
            return -1;
    }
    return 0;
}

/* Finds out what a flight does to b in this row. */
static int arrive(Work *w, int32_t flight)
{
    Step *step = meet(w, 1, flight);
    Arrival *arrival = w->arrivals + flight;
    if (!step)
        return -1;
    int32_t ba = step->kind == MISSING ? NO_ROW : step->put[w->ba];
    w->missing |= step->kind == MISSING;
    arrival->leads[0] = ba >= 0;
    arrival->leads[1] = (uint8_t)((ba >= 0) & (step->kind == TAKEN));
    arrival->ba = (uint64_t)ba;
    arrival->touched = 0;
    if (!w->narrow)
        arrival->words = w->scratches + (size_t)flight * w->row_blocks * WORDS;
    else if (ba >= 0)
        arrival->words = words_of(w, &step->to, (uint64_t)ba, 0);
    else
        arrival->words = w->trash;
    if (ba == UNKNOWN)
        return lacks(w, PUT_B, w->ba << 20 | (uint64_t)step->message);
    return arrival->words ? 0 : -1;
}

/* Lists what arrives from ab at b. */
static size_t list_deliveries(Work *w)
{
    const Tables *t = w->t;
    Delivery *next = w->deliveries;
    for (const int32_t *ab = w->ab, *end = ab + w->states; ab < end; ab++) {
        const Delivery *in = delivery_rows(t, (uint64_t)*ab);
        int32_t n = t->deliveries.count[*ab];
        for (int32_t i = 0; i < SPARE; i++) /* if there are fewer, too: no branch is cheaper */
            next[i] = in[i];
        for (int32_t i = SPARE; i < n; i++)
            next[i] = in[i];
        next += n;
    }
    return (size_t)(next - w->deliveries);
}

/* Finds out what these flights do to b in this row; how many they are is told by `arriving`. */
static int arrivals_at_b(Work *w, size_t n, size_t *arriving)
{
    uint32_t row = w->row;
    int32_t *next = w->arriving;
    for (const Delivery *in = w->deliveries, *end = in + n; in < end; in++) {
        int32_t flight = in->flight >> 1;
        Arrival *arrival = w->arrivals + flight;
        *next = flight;
        next += arrival->row != row;
        arrival->row = row;
    }
    *arriving = (size_t)(next - w->arriving);
    for (size_t i = 0; i < *arriving; i++)
        if (arrive(w, w->arriving[i]) < 0)
            return -1;
    return 0;
}

static inline void deliver_to_b(Work *w, size_t n, const int narrow)
{
    uint64_t edges = 0;
    for (const Delivery *in = w->deliveries, *end = in + n; in < end; in++) {
        Arrival *arrival = w->arrivals + (in->flight >> 1);
        uint64_t leads = arrival->leads[in->flight & 1], at = (uint64_t)in->left;
        set_bit(arrival->words, at, leads);
        if (!narrow)
            arrival->touched |= touch(at, leads);
        edges += arrival->leads[0];
    }
    w->edges += edges;
}

/* What arrives from ab at b. */
static int deliveries_to_b(Work *w)
{
    size_t n = list_deliveries(w), arriving;
    if (arrivals_at_b(w, n, &arriving) < 0)
        return -1;
    if (w->narrow) {
        deliver_to_b(w, n, 1);
        return 0;
    }
    deliver_to_b(w, n, 0);
    for (size_t i = 0; i < arriving; i++) {
        const Arrival *arrival = w->arrivals + w->arriving[i];
        Target *to = &w->steps[1][w->arriving[i]].to;
        if (flush(w, to, arrival->ba, arrival->words, arrival->touched) < 0)
            return -1;
    }
    return 0;
}

/* What the network does to ab. */
static inline int network_over_ab(Work *w, const int narrow)
{
    const Tables *t = w->t;
    uint64_t *scratch = w->scratch, touched = (uint64_t)narrow, edges = 0;
    for (const int32_t *ab = w->ab, *end = ab + w->states; ab < end; ab++) {
        const int32_t *after = network_rows(t, (uint64_t)*ab);
        for (int32_t n = t->network.count[*ab]; n--; after++) {
            set_bit(scratch, (uint64_t)*after, 1);
            if (!narrow)
                touched |= touch((uint64_t)*after, 1);
        }
        edges += (uint64_t)t->weight[*ab];
    }
    w->edges += edges;
    return flush(w, &w->here, w->ba, scratch, touched);
}

static int network_over_ba(Work *w)
{
    const int32_t *after = network_rows(w->t, w->ba);
    uint64_t edges = w->edges + w->states * (uint64_t)w->t->weight[w->ba];
    for (int32_t n = w->t->network.count[w->ba]; n--; after++)
        if (move_row(w, &w->here, (uint64_t)*after) < 0)
            return -1;
    w->edges = edges;
    return 0;
}

static int network(Work *w)
{
    if ((w->narrow ? network_over_ab(w, 1) : network_over_ab(w, 0)) < 0)
        return -1;
    return network_over_ba(w);
}

static int tick(Work *w)
{
    const Tables *t = w->t;
    int32_t a = t->tick_end[w->a], b, ba = t->tick_channel[w->ba];
    if (a < 0)
        return a == UNKNOWN ? lacks(w, TICK_A, w->a) : 0;
    b = t->tick_end[w->b];
    if (b < 0)
        return b == UNKNOWN ? lacks(w, TICK_B, w->b) : 0;
    int any = 0;
    for (size_t i = 0; i < w->states; i++) {
        int32_t ab = w->ab[i];
        any |= t->tick_channel[ab] >= 0;
        if (t->tick_channel[ab] == UNKNOWN && lacks(w, TICK_AB, (uint64_t)ab) < 0)
            return -1;
    }
    if (ba < 0)
        return any && ba == UNKNOWN ? lacks(w, TICK_BA, w->ba) : 0;
    uint64_t touched = 0;
    w->ticked.base = base_of(t, (uint64_t)b, (uint64_t)a);
    int still = w->ticked.base == w->here.base && (uint64_t)ba == w->ba;
    for (size_t i = 0; i < w->states; i++) {
        int32_t ab = w->ab[i], after = t->tick_channel[ab];
        if (after < 0 || (still && after == ab))
            continue;
        w->edges++;
        set_bit(w->scratch, (uint64_t)after, 1);
        touched |= touch((uint64_t)after, 1);
    }
    return flush(w, &w->ticked, (uint64_t)ba, w->scratch, touched);
}

#endif
