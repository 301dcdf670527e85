/* Memory that lasts for one call: blocks, of which the next call makes one. The caller keeps it, one for a thread. */

#include "paper.h"

#include <stdlib.h>

typedef struct Block {
    struct Block *before;
    size_t size, used;
} Block;

typedef struct {
    Block *blocks;
} Workspace;

static _Thread_local Workspace *workspace;

enum { HEAD = 64, LEAST = 1 << 20 };

void *take(size_t bytes) {
    Block *block = workspace->blocks;
    bytes = (bytes + 63) & ~(size_t)63;
    if (!block || block->used + bytes > block->size) {
        size_t size = bytes > LEAST ? bytes : LEAST;
        block = malloc(HEAD + 64 + size);
        if (!block)
            return NULL;
        *block = (Block){workspace->blocks, size, 0};
        workspace->blocks = block;
    }
    char *base = (char *)(((uintptr_t)block + HEAD + 63) & ~(uintptr_t)63);
    void *found = base + block->used;
    block->used += bytes;
    return found;
}

static size_t clear(Workspace *from) {
    size_t whole = 0;
    while (from->blocks) {
        Block *before = from->blocks->before;
        whole += from->blocks->size;
        free(from->blocks);
        from->blocks = before;
    }
    return whole;
}

void start_over(void *from) {
    Workspace *mine = workspace = from;
    if (mine->blocks && mine->blocks->before)
        take(clear(mine));
    if (mine->blocks)
        mine->blocks->used = 0;
}

void *brickgpt_workspace(void) { return calloc(1, sizeof(Workspace)); }

void brickgpt_release(void *mine) {
    if (mine)
        clear(mine);
    free(mine);
}
