/* The expansion of one level of a breadth-first search, from the tables of two machines and two
 * channels; and the set of states, as blocks of bits. Nothing here knows of a model.
 *
 * A state is (b, a, ba, ab). A row is all states with the same (b, a, ba), as bits over ab; a block
 * is 512 of these bits, one cache line, found by its key: row << (C - 9) | ab >> 9, where C is the
 * bits of a channel's id. What changes b, a and ba alone moves whole blocks.
 *
 * An entry of a table that is not known yet is reported, and the caller expands its row again once
 * it is filled in. Every function runs without the interpreter's lock, on data of its own.
 */
#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>

#include "expand.h"

typedef struct {
    PyObject_HEAD
    Blocks set;
} BlocksObject;

static void blocks_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    clear(&((BlocksObject *)self)->set);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

static PyObject *blocks_clear(PyObject *self, PyObject *unused)
{
    (void)unused;
    clear(&((BlocksObject *)self)->set);
    Py_RETURN_NONE;
}

/* Emits keys and words as a pair of bytes. */
static PyObject *pair_of_bytes(const Vector *keys, const Vector *words)
{
    return Py_BuildValue("(y#y#)", keys->count ? (char *)keys->items : "",
                         (Py_ssize_t)(keys->count * 8), words->count ? (char *)words->items : "",
                         (Py_ssize_t)(words->count * 8));
}

/* One block into the set; what was not there goes to the vectors. */
static int add_block(Blocks *set, uint64_t key, const uint64_t *words, Vector *keys, Vector *fresh)
{
    uint64_t *old = block(set, key), any = 0, new[WORDS];
    if (!old)
        return -1;
    for (int j = 0; j < WORDS; j++) {
        new[j] = words[j] & ~old[j];
        any |= new[j];
        old[j] |= words[j];
    }
    if (!any)
        return 0;
    if (push(keys, (int64_t)key) < 0)
        return -1;
    for (int j = 0; j < WORDS; j++)
        if (push(fresh, (int64_t)new[j]) < 0)
            return -1;
    return 0;
}

static PyObject *finish(int failed, Vector *keys, Vector *words)
{
    PyObject *result = failed ? PyErr_NoMemory() : pair_of_bytes(keys, words);
    free(keys->items);
    free(words->items);
    return result;
}

static PyObject *blocks_add(PyObject *self, PyObject *args)
{
    Py_buffer keys, words;
    Vector new_keys = {0}, new_words = {0};
    int failed = 0;
    if (!PyArg_ParseTuple(args, "y*y*", &keys, &words))
        return NULL;
    size_t n = (size_t)keys.len / 8;
    if ((size_t)words.len < n * WORDS * 8) {
        PyErr_SetString(PyExc_ValueError, "a block has eight words");
        PyBuffer_Release(&keys);
        PyBuffer_Release(&words);
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    for (size_t i = 0; i < n && !failed; i++)
        failed = add_block(&((BlocksObject *)self)->set, ((uint64_t *)keys.buf)[i],
                           (uint64_t *)words.buf + i * WORDS, &new_keys, &new_words) < 0;
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&keys);
    PyBuffer_Release(&words);
    return finish(failed, &new_keys, &new_words);
}

/* absorb(other, part, parts): adds the blocks of `other` whose hash is in that part. */
static PyObject *blocks_absorb(PyObject *self, PyObject *args)
{
    PyObject *object;
    Py_ssize_t part, parts;
    Vector keys = {0}, words = {0};
    int failed = 0;
    if (!PyArg_ParseTuple(args, "O!nn", Py_TYPE(self), &object, &part, &parts))
        return NULL;
    const Blocks *other = &((BlocksObject *)object)->set;
    Py_BEGIN_ALLOW_THREADS
    for (size_t slot = 0; slot < other->count && !failed; slot++)
        if (parts == 1 || hash_of(other->keys[slot]) % (size_t)parts == (size_t)part)
            failed = add_block(&((BlocksObject *)self)->set, other->keys[slot],
                               words_at(other, slot), &keys, &words) < 0;
    Py_END_ALLOW_THREADS
    return finish(failed, &keys, &words);
}

static Py_ssize_t blocks_length(PyObject *self)
{
    return (Py_ssize_t)((BlocksObject *)self)->set.count;
}

static int read_tables(PyObject *buffers, PyObject *sizes, Py_buffer *views, int *held, Tables *t)
{
    int64_t size[N_SIZES];
    for (int i = 0; i < N_SIZES; i++) {
        PyObject *item = PySequence_GetItem(sizes, i);
        size[i] = item ? PyLong_AsLongLong(item) : -1;
        Py_XDECREF(item);
        if (PyErr_Occurred())
            return -1;
    }
    for (*held = 0; *held < N_BUFFERS; ++*held) {
        PyObject *item = PySequence_GetItem(buffers, *held);
        int failed = !item || PyObject_GetBuffer(item, views + *held, PyBUF_SIMPLE) < 0;
        Py_XDECREF(item);
        if (failed)
            return -1;
    }
#define RAGGED(i) {views[i].buf, views[i + 1].buf, views[i + 2].buf}
    *t = (Tables){
        .own = {RAGGED(0), RAGGED(3)}, .deliveries = RAGGED(6), .network = RAGGED(9),
        .weight = views[12].buf, .receive = {views[13].buf, views[14].buf},
        .put = views[15].buf, .tick_end = views[16].buf, .tick_channel = views[17].buf,
        .quiet = views[18].buf, .settled = views[19].buf,
        .flights = size[0], .channels = size[1], .end_bits = size[2],
        .channel_bits = size[3], .clock = size[4],
    };
    return 0;
}

/* expand(tables, sizes, keys, words, from, to, fresh): adds all successors of the blocks from..to
 * to `fresh`. Returns the number of transitions, the entries that are missing as pairs of stage
 * and key, and the indices of the blocks to be expanded again for their sake. */
static PyObject *expand(PyObject *module, PyObject *args)
{
    PyObject *buffers, *sizes, *fresh, *result = NULL;
    Py_buffer keys, words, views[N_BUFFERS];
    Py_ssize_t from, to;
    Tables tables;
    int held = 0, failed;
    (void)module;
    if (!PyArg_ParseTuple(args, "OOy*y*nnO", &buffers, &sizes, &keys, &words, &from, &to, &fresh))
        return NULL;
    if (read_tables(buffers, sizes, views, &held, &tables) == 0) {
        Work work = {.t = &tables, .fresh = &((BlocksObject *)fresh)->set, .keys = keys.buf,
                     .words = words.buf};
        work.arrivals = calloc((size_t)tables.flights + 1, sizeof *work.arrivals);
        Py_BEGIN_ALLOW_THREADS
        failed = !work.arrivals || expand_all(&work, (size_t)from, (size_t)to) < 0;
        Py_END_ALLOW_THREADS
        if (failed)
            PyErr_NoMemory();
        else
            result = Py_BuildValue("(KN)", (unsigned long long)work.edges,
                                   pair_of_bytes(&work.lacks, &work.again));
        free(work.arrivals);
        free(work.lacks.items);
        free(work.again.items);
    }
    while (held--)
        PyBuffer_Release(views + held);
    PyBuffer_Release(&keys);
    PyBuffer_Release(&words);
    return result;
}

static PyMethodDef blocks_methods[] = {
    {"add", blocks_add, METH_VARARGS, "Add blocks (keys, words); return what was not there."},
    {"absorb", blocks_absorb, METH_VARARGS, "Add part of another set; return what was not there."},
    {"clear", blocks_clear, METH_NOARGS, "Remove everything."},
    {NULL, NULL, 0, NULL},
};
static PyType_Slot blocks_slots[] = {
    {Py_tp_dealloc, blocks_dealloc},
    {Py_tp_methods, blocks_methods},
    {Py_sq_length, blocks_length},
    {0, NULL},
};
static PyType_Spec blocks_spec = {
    "tcpmc.checks.explore._kernel.Blocks", sizeof(BlocksObject), 0, Py_TPFLAGS_DEFAULT,
    blocks_slots,
};
static PyMethodDef functions[] = {
    {"expand", expand, METH_VARARGS, "Add all successors of some blocks to a set."},
    {NULL, NULL, 0, NULL},
};
static int initialise(PyObject *module)
{
    PyObject *type = PyType_FromSpec(&blocks_spec);
    int failed = !type || PyModule_AddObjectRef(module, "Blocks", type) < 0;
    Py_XDECREF(type);
    return failed ? -1 : 0;
}
static PyModuleDef_Slot slots[] = {{Py_mod_exec, initialise}, {0, NULL}};
static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_kernel", "Expansion of a level, compiled.", 0, functions, slots,
    NULL, NULL, NULL,
};
PyMODINIT_FUNC PyInit__kernel(void) { return PyModuleDef_Init(&definition); }
