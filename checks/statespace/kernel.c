/* The expansion of one level of a breadth-first search, from the tables of two machines and two
 * channels; and the set of states, as blocks of bits. Nothing here knows of a model.
 *
 * A state is (b, a, ba, ab). A row is all states with the same (b, a, ba), as bits over ab; a block
 * is 512 of these bits, one cache line, found by its key: row << 9 | ab >> 9. What changes b, a and
 * ba alone moves whole blocks.
 *
 * An entry of a table that is not known yet is reported, and the caller has the steps that need it
 * taken again once it is filled in. Every function runs without the interpreter's lock, on data of
 * its own.
 */
#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>

#include "absorb.h"
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
    empty(&((BlocksObject *)self)->set);
    Py_RETURN_NONE;
}

/* add(keys, used, words): adds blocks, given as they are kept in a level. */
static PyObject *blocks_add(PyObject *self, PyObject *args)
{
    Py_buffer keys, used, words;
    Page page = NO_PAGE;
    int failed = 0;
    if (!PyArg_ParseTuple(args, "y*y*y*", &keys, &used, &words))
        return NULL;
    const uint64_t *next = words.buf, *end = next + words.len / 8;
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t i = 0; i < keys.len / 8 && i < used.len && !failed; i++) {
        uint64_t *into = block(&((BlocksObject *)self)->set, &page, ((uint64_t *)keys.buf)[i]);
        failed = !into;
        for (uint64_t left = ((uint8_t *)used.buf)[i]; left && !failed && next < end;
             left &= left - 1)
            into[lowest_one(left)] |= *next++;
    }
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&keys);
    PyBuffer_Release(&used);
    PyBuffer_Release(&words);
    if (failed)
        return PyErr_NoMemory();
    Py_RETURN_NONE;
}

/* absorb(others, part, parts, shift): adds the blocks of the others whose row (key >> shift) is in
 * that part. Returns what was not there: keys in order, used words, words. */
static PyObject *blocks_absorb(PyObject *self, PyObject *args)
{
    PyObject *list, *result = NULL;
    Py_ssize_t part, parts, shift;
    if (!PyArg_ParseTuple(args, "O!nnn", &PyList_Type, &list, &part, &parts, &shift))
        return NULL;
    size_t n = (size_t)PyList_Size(list);
    const Blocks **others = calloc(n + 1, sizeof *others);
    for (size_t i = 0; others && i < n; i++) {
        PyObject *other = PyList_GetItem(list, (Py_ssize_t)i);
        if (Py_TYPE(other) != Py_TYPE(self)) {
            free(others);
            PyErr_SetString(PyExc_TypeError, "not a set of blocks");
            return NULL;
        }
        others[i] = &((BlocksObject *)other)->set;
    }
    Fresh fresh = {0};
    int failed = !others;
    Py_BEGIN_ALLOW_THREADS
    if (!failed)
        failed = absorb(&((BlocksObject *)self)->set, others, n, (Share){part, parts, shift},
                        &fresh) < 0;
    Py_END_ALLOW_THREADS
    if (failed)
        PyErr_NoMemory();
    else
        result = Py_BuildValue("(y#y#y#)", (char *)fresh.keys, (Py_ssize_t)(fresh.blocks * 8),
                               (char *)fresh.used, (Py_ssize_t)fresh.blocks, (char *)fresh.words,
                               (Py_ssize_t)(fresh.n_words * 8));
    free(others);
    return result;
}

static Py_ssize_t blocks_length(PyObject *self)
{
    return (Py_ssize_t)((BlocksObject *)self)->set.count;
}

static Ragged ragged(const Py_buffer *views)
{
    return (Ragged){.count = views[0].buf, .first = views[1].buf, .rows = views[2].buf,
                    .ids = (size_t)views[0].len / 4, .size = (size_t)views[2].len / 4};
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
    *t = (Tables){
        .own = {ragged(views), ragged(views + 3)}, .deliveries = ragged(views + 6),
        .network = ragged(views + 9),
        .weight = views[12].buf, .receive = {views[13].buf, views[14].buf},
        .put = views[15].buf, .tick_end = views[16].buf, .tick_channel = views[17].buf,
        .quiet = views[18].buf, .settled = views[19].buf,
        .flights = size[0], .channels = size[1], .end_bits = size[2],
        .channel_bits = size[3], .clock = size[4],
    };
    return 0;
}

/* expand(tables, sizes, keys, used, words, start, stop, first, todo, fresh): adds the successors of
 * rows (see expand_all) to `fresh`; the words of `start` begin at `first`. Returns the number of
 * transitions, the entries that are missing as pairs of stage and key, and what is to be done again
 * for their sake, as `todo`. */
static PyObject *expand(PyObject *module, PyObject *args)
{
    PyObject *buffers, *sizes, *fresh, *result = NULL;
    Py_buffer keys, used, words, todo, views[N_BUFFERS];
    Py_ssize_t start, stop, first;
    Tables tables;
    int held = 0, failed;
    (void)module;
    if (!PyArg_ParseTuple(args, "OOy*y*y*nnny*O", &buffers, &sizes, &keys, &used, &words, &start,
                          &stop, &first, &todo, &fresh))
        return NULL;
    if (read_tables(buffers, sizes, views, &held, &tables) == 0) {
        Work work = {.t = &tables, .fresh = &((BlocksObject *)fresh)->set, .keys = keys.buf,
                     .used = used.buf, .packed = (uint64_t *)words.buf + first,
                     .blocks = (size_t)keys.len / 8};
        Py_BEGIN_ALLOW_THREADS
        failed = begin(&work) < 0 ||
                 expand_all(&work, (size_t)start, (size_t)stop, todo.buf, (size_t)todo.len / 8) < 0;
        Py_END_ALLOW_THREADS
        if (failed)
            PyErr_NoMemory();
        else
            result = Py_BuildValue("(K(y#y#))", (unsigned long long)work.edges,
                                   work.lacks.count ? (char *)work.lacks.items : "",
                                   (Py_ssize_t)(work.lacks.count * 8),
                                   work.again.count ? (char *)work.again.items : "",
                                   (Py_ssize_t)(work.again.count * 8));
        end(&work);
    }
    while (held--)
        PyBuffer_Release(views + held);
    PyBuffer_Release(&keys);
    PyBuffer_Release(&used);
    PyBuffer_Release(&words);
    PyBuffer_Release(&todo);
    return result;
}

static PyMethodDef blocks_methods[] = {
    {"add", blocks_add, METH_VARARGS, "Add blocks (keys, used, words)."},
    {"absorb", blocks_absorb, METH_VARARGS, "Add part of other sets; return what was not there."},
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
    "tcpmc.checks.statespace._kernel.Blocks", sizeof(BlocksObject), 0, Py_TPFLAGS_DEFAULT,
    blocks_slots,
};
static PyMethodDef functions[] = {
    {"expand", expand, METH_VARARGS, "Add all successors of some blocks to a set."},
    {NULL, NULL, 0, NULL},
};
static int initialise(PyObject *module)
{
    PyObject *type = PyType_FromSpec(&blocks_spec);
    int failed = !type || PyModule_AddObjectRef(module, "Blocks", type) < 0 ||
                 PyModule_AddIntConstant(module, "PARTS", PARTS) < 0;
    Py_XDECREF(type);
    return failed ? -1 : 0;
}
static PyModuleDef_Slot slots[] = {{Py_mod_exec, initialise}, {0, NULL}};
static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_kernel", "Expansion of a level, compiled.", 0, functions, slots,
    NULL, NULL, NULL,
};
PyMODINIT_FUNC PyInit__kernel(void) { return PyModuleDef_Init(&definition); }
