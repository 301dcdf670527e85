/* A basis of the core and of the bricks that were peeled off it, as one of the whole. It has values and duals, but no
   lines: where a column pays it is factored. Forces of what was peeled follow from their load, one brick after the
   other, and add to that of the core; duals go the other way. */

#include "paper.h"

#include <string.h>

/* Positions of the core come first, then three for each brick that was peeled. */
int hang(Simplex *simplex, Simplex *core, const Peeled *peeled) {
    int at = core->m;
    Hung *hung = take(sizeof(Hung));
    double *line = take(sizeof(double) * (size_t)(simplex->m + 8));
    if (!hung || !line)
        return 0;
    *hung = (Hung){core, peeled, line};
    for (int p = 0; p < core->m; p++) {
        Column column = core->basic[p];
        int *which = &column.which;
        if (column.kind == SUPPORT)
            *which = 8 * peeled->pair[*which >> 3] + (*which & 7);
        else if (column.kind == RESIDUAL)
            *which = 6 * peeled->brick[*which / 6] + *which % 6;
        else if (column.kind != PRESS)
            *which = column.kind == SET ? peeled->brick[*which] : peeled->row[*which];
        simplex->basic[p] = column;
    }
    for (int k = 0; k < peeled->count; k++)
        for (int c = 0; c < 3; c++)
            simplex->basic[at++] = peeled->leaf[k].column[c];
    let_duals_go(simplex);
    simplex->pivots = core->pivots;
    simplex->hung = hung;
    return 1;
}

static int is_own(const Leaf *leaf, int row) {
    return row == leaf->row[0] || row == leaf->row[1] || row == leaf->row[2];
}

/* Adds to basic values what `left`, by rows, adds to them; it is used up. */
void add_hung_values(const Simplex *simplex, double *left, double *x) {
    const Hung *hung = simplex->hung;
    Simplex *core = hung->core;
    int row[MOST_ENTRIES];
    double value[MOST_ENTRIES], *below = hung->line;
    for (int k = 0; k < hung->peeled->count; k++) {
        const Leaf *leaf = &hung->peeled->leaf[k];
        double *own = x + core->m + 3 * k, force[3];
        for (int c = 0; c < 3; c++) {
            const double *by = leaf->inverse[c];
            force[c] = by[0] * left[leaf->row[0]] + by[1] * left[leaf->row[1]] + by[2] * left[leaf->row[2]];
            own[c] += force[c];
        }
        for (int c = 0; c < 3; c++) {
            int count = entries(simplex->model, leaf->column[c], row, value);
            for (int e = 0; e < count; e++)
                left[row[e]] -= value[e] * force[c];
        }
    }
    for (int r = 0; r < core->m; r++)
        below[r] = left[hung->peeled->row[r]];
    if (core->factors) {
        forward(core, below);
        for (int p = 0; p < core->m; p++)
            x[p] += below[p];
    } else if (core->m)
        add_lines_by(core, below, x);
}

/* Adds to duals what `left`, by basic columns, adds to them. */
void add_hung_duals(const Simplex *simplex, const double *left, double *y) {
    const Hung *hung = simplex->hung;
    Simplex *core = hung->core;
    int row[MOST_ENTRIES];
    double value[MOST_ENTRIES], *more = hung->line, *below = core->alpha;
    memset(more, 0, sizeof(double) * (size_t)simplex->m);
    if (core->factors) {
        memcpy(below, left, sizeof(double) * (size_t)core->m);
        backward(core, below);
    } else if (core->m) {
        memset(below, 0, sizeof(double) * (size_t)core->ld);
        add_lines(core, left, below);
    }
    for (int r = 0; r < core->m; r++)
        more[hung->peeled->row[r]] = below[r];
    for (int k = hung->peeled->count - 1; k >= 0; k--) {
        const Leaf *leaf = &hung->peeled->leaf[k];
        for (int c = 0; c < 3; c++) {
            double over = left[core->m + 3 * k + c];
            int count = entries(simplex->model, leaf->column[c], row, value);
            for (int e = 0; e < count; e++)
                if (!is_own(leaf, row[e]))
                    over -= value[e] * more[row[e]];
            for (int r = 0; r < 3; r++)
                more[leaf->row[r]] += over * leaf->inverse[c][r];
        }
    }
    for (int i = 0; i < simplex->m; i++)
        y[i] += more[i];
}

/* The same basis by its factors; 0 without memory. */
int take_down(Simplex *simplex) {
    simplex->hung = NULL;
    if (!new_factors(simplex) || !begin_again(simplex))
        return 0;
    let_duals_go(simplex);
    return 1;
}
