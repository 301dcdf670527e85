/* The published optimum of one structure, with its proof. */

#include "paper.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Memory that lasts for one call: blocks, of which the next call makes one. The caller keeps it, one for a thread. */
typedef struct Block {
    struct Block *before;
    size_t size, used;
} Block;

typedef struct {
    Block *blocks;
} Workspace;

static _Thread_local Workspace *workspace;

enum { HEAD = 64, LEAST = 1 << 20 };

/* How many smaller shares of the tie-break's costs are tried, each a tenth of the last. */
enum { SMALLER = 4 };

/* Rows from which on another way than the first basis may be the faster one, the entries of its inverse that may change
   for each row until the other has won, and the share of the weight pulled that tells which it will be. */
enum { MANY_ROWS = 120, FEW_ROWS = 350 };
#define WORK 25000.0
#define PULLED 0.04
/* Bricks up to which an inverse is kept whole. */
enum { MOST_WHOLE = 250 };

/* Presses up to this are dust, centinewtons. */
#define PRESSED 1e-8
/* What a column may earn beyond its cost at the tie-break's share: as much as Harris' ratio test lets through. */
#define SHARP 1e-10

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

static void start_over(Workspace *mine) {
    workspace = mine;
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

/* Whether no set of a brick's pulls earns more than it costs, by `slack`. */
static int content(const Simplex *simplex, const Plane *plane, int brick, double slack) {
    const Model *model = simplex->model;
    double earned = 0.0, dear = simplex->plain ? 1.0 : model->dear[brick];
    for (int p = model->first[brick]; p < model->first[brick + 1]; p++) {
        const Pair *pair = &model->pair[p];
        for (int q = pair->point; q < pair->point + pair->points; q++) {
            double over = -at_place(plane[p], model->point_x[q], model->point_y[q]) - COST_PULL * dear;
            earned += over > 0.0 ? over : 0.0;
        }
    }
    return earned <= COST_SET * dear + slack;
}

/* Whether no column earns more than it costs, by `slack`, at the duals as they are. */
int priced(Simplex *simplex, double slack) {
    const Model *model = simplex->model;
    Plane *plane = take(sizeof(Plane) * (size_t)(model->pairs + model->n + 1));
    if (!plane)
        return 0;
    const double *y = simplex->y;
    planes(model, y, plane);
    for (int p = 0; p < model->pairs; p++)
        for (int c = 8 * p; c < 8 * p + 8; c++)
            if (!(at_place(plane[p], model->corner_x[c], model->corner_y[c]) <= slack))
                return 0;
    for (int s = 0; s < model->presses; s++) {
        Press press = model->press[s];
        if (!((press.more < 0 ? 0.0 : y[press.more]) - (press.less < 0 ? 0.0 : y[press.less]) <= slack))
            return 0;
    }
    for (int i = 0; i < model->n; i++) {
        Plane motion = plane[model->pairs + i];
        if (!model->standing[i])
            continue;
        double dear = simplex->plain ? 1.0 : model->dear[i], force = dear * COST_FORCE, torque = dear * COST_TORQUE;
        if (!(fabs(y[model->vertical[i]]) <= force + slack && fabs(motion.x) <= torque + slack &&
              fabs(motion.y) <= torque + slack && content(simplex, plane, i, slack)))
            return 0;
    }
    return 1;
}

/* Whether the basis is feasible, and no column pays at the published costs. */
int proven(Simplex *simplex) {
    const Model *model = simplex->model;
    int row[MOST_ENTRIES];
    double value[MOST_ENTRIES], *left = simplex->spare;
    for (int p = 0; p < simplex->m; p++)
        if (!(simplex->x[p] >= -SLIP) || (simplex->basic[p].kind == SLACK && !(simplex->x[p] <= SLIP)))
            return 0;
    simplex->plain = 1;
    solve_y(simplex);
    int content_so = priced(simplex, UNUSED);
    simplex->plain = 0;
    if (!content_so)
        return 0;
    /* That the basic columns earn what they cost, and that the rows are met, does not follow from the above. */
    memcpy(left, model->load, sizeof(double) * (size_t)simplex->m);
    for (int p = 0; p < simplex->m; p++) {
        int count = entries(model, simplex->basic[p], row, value);
        double over = simplex->cost[p];
        for (int k = 0; k < count; k++) {
            left[row[k]] -= value[k] * simplex->x[p];
            over -= value[k] * simplex->y[row[k]];
        }
        if (!(fabs(over) <= UNUSED))
            return 0;
    }
    for (int i = 0; i < simplex->m; i++)
        if (!(fabs(left[i]) <= SLIP))
            return 0;
    return 1;
}

/* Whether what presses against a joint of what floats adds up to nothing. */
static int leans(const Simplex *simplex) {
    const Model *model = simplex->model;
    int some = 0;
    for (int i = 0; i < model->n; i++)
        some |= !model->standing[i];
    if (!some || !model->presses)
        return 0;
    double *net = take(sizeof(double) * 2 * (size_t)model->joints);
    if (!net)
        return 1;
    memset(net, 0, sizeof(double) * 2 * (size_t)model->joints);
    for (int p = 0; p < simplex->m; p++) {
        if (simplex->basic[p].kind != PRESS)
            continue;
        int s = simplex->basic[p].which;
        net[model->press_second[s]] += simplex->x[p];
        net[model->press_first[s]] -= simplex->x[p];
    }
    for (int i = 0; i < model->n; i++)
        for (int axis = 0; axis < 2 && !model->standing[i]; axis++)
            if (fabs(net[2 * model->joint_bottom[i] + axis]) > PRESSED || fabs(net[2 * model->joint_top[i] + axis]) > PRESSED)
                return 1;
    return 0;
}

/* Forces in newtons and stud pitches: pulls at points, then the objective, each brick's largest pull, and what it
   leaves unbalanced upwards and along x and y. */
static void read_out(const Simplex *simplex, double *pull, double *rest) {
    const Model *model = simplex->model;
    int n = model->n;
    double *largest = rest + 1, *left = rest + 1 + n, sum = 0.0;
    memset(pull, 0, sizeof(double) * (size_t)model->points);
    memset(rest, 0, sizeof(double) * (size_t)(4 * n + 1));
    for (int p = 0; p < simplex->m; p++) {
        Column column = simplex->basic[p];
        double x = simplex->x[p] > 0.0 ? simplex->x[p] / FORCE : 0.0;
        if (column.kind != SLACK)
            sum += simplex->cost[p] * x;
        if (column.kind == RESIDUAL) {
            int direction = column.which % 6;
            left[3 * (column.which / 6) + direction / 2] += direction % 2 ? -x : x;
        } else if (column.kind == SET) {
            for (int k = model->first[column.which]; k < model->first[column.which + 1]; k++)
                for (int q = model->pair[k].point; q < model->pair[k].point + model->pair[k].points; q++)
                    if (column.mask >> model->bit[q] & 1)
                        pull[q] += x;
        }
    }
    rest[0] = sum / COST;
    for (int p = 0; p < model->pairs; p++) {
        const Pair *pair = &model->pair[p];
        for (int q = pair->point; q < pair->point + pair->points; q++)
            largest[pair->upper] = pull[q] > largest[pair->upper] ? pull[q] : largest[pair->upper];
    }
    for (int i = 0; i < n; i++)
        if (!model->standing[i]) {
            left[3 * i] = model->weight[i];
            rest[0] += model->weight[i];
        }
}

#ifndef DIGEST
#define DIGEST ""
#endif

const char *brickgpt_digest(void) { return DIGEST; }

/* Whatever the tie-break's share of the costs: if the basis at which the simplex ends is optimal for the published
   costs alone, it is the tie-break's optimum. If it is not, a smaller share is tried from there. */
static int settle_costs(Simplex *simplex) {
    const Model *model = simplex->model;
    Model other = *model;
    double *less = take(sizeof(double) * (size_t)model->n), part = 1.0;
    int ending = OPTIMAL;
    if (!less)
        return NO_MEMORY;
    other.dear = less;
    for (int round = 0; ending == OPTIMAL && !proven(simplex); round++) {
        if (round == SMALLER)
            return NOT_PROVEN;
        part /= 10.0;
        for (int i = 0; i < model->n; i++)
            less[i] = 1.0 + part * (model->dear[i] - 1.0);
        simplex->model = &other;
        solve_y(simplex);
        ending = climb_primal(simplex);
        simplex->model = model;
        solve_x(simplex);
    }
    return ending;
}

/* Pivots until the basis is optimal at the tie-break's share of costs: the dual simplex's, then the primal's where
   columns pay all the same, as its start had no right or rounding spoilt its steps. */
static int climb(Simplex *simplex) {
    int ending = climb_dual(simplex);
    for (int round = 0; ending == OPTIMAL; round++) {
        let_duals_go(simplex);
        solve_x(simplex);
        solve_y(simplex);
        if (priced(simplex, SHARP))
            return OPTIMAL;
        if (round == 2)
            return NOT_FOUND;
        if (round) {
            if (!mend(simplex))
                return NOT_FOUND;
            ending = climb_dual(simplex);
        }
        if (ending == OPTIMAL)
            ending = climb_primal(simplex);
    }
    return ending;
}

/* Whether everything stands. */
int all_stand(const Model *model) {
    for (int i = 0; i < model->n; i++)
        if (!model->standing[i])
            return 0;
    return 1;
}

/* The columns of the first basis, lowest first, and which share of all weight its supports would have to pull with. NULL
   without memory. */
static Column *first_basis(const Model *model, int *count, double *pulled) {
    Column *column = take(sizeof(Column) * (size_t)(3 * model->n + 1));
    double down, load = 0.0;
    *count = column ? first_columns(model, column, &down) : -1;
    if (*count < 0)
        return NULL;
    for (int one = 0, other = *count - 1; one < other; one++, other--) {
        Column lower = column[one];
        column[one] = column[other];
        column[other] = lower;
    }
    for (int i = 0; i < model->rows; i++)
        load += model->load[i];
    *pulled = down / load;
    return column;
}

/* From the first basis by the dual simplex, as long as its patience lasts. */
static int climb_up(Simplex *simplex, const Column *column, int count, double patience) {
    simplex->factors = NULL;
    simplex->repairs = 0;
    simplex->patience = patience;
    simplex->most = 10 * simplex->m + 400;
    let_duals_go(simplex);
    if (!settle(simplex, column, count))
        return NO_MEMORY;
    solve_y(simplex);
    return climb(simplex);
}

/* From a point near the optimum. */
static int climb_down(Simplex *simplex) {
    Column *column;
    int count;
    if (!near_optimum(simplex, &column, &count) || !new_factors(simplex) || !settle(simplex, column, count))
        return NOT_FOUND;
    simplex->repairs = 0;
    simplex->patience = ENDLESS;
    simplex->most = simplex->m + 100;
    hold_duals(simplex);
    return climb(simplex);
}

/* Whether a point near the optimum promises to be the faster way than the first basis: where this one pulls and leaves
   rows open, of small structures many. */
static int pays_off(const Model *model, int columns, double pulled) {
    int open = model->rows - columns;
    return pulled >= PULLED && (model->rows < FEW_ROWS ? 15 * open >= model->rows : open > 0);
}

/* From nothing. `way` chooses: 1 the first basis, 2 a point near the optimum, or what promises to be the faster. Large
   structures are for the second alone, and for others where they do not pull. */
static int begin_afresh(Simplex *simplex, int way) {
    const Model *model = simplex->model;
    int count, free = way == 0 && simplex->m >= MANY_ROWS && all_stand(model), ending = SLOW;
    double pulled;
    Column *column = first_basis(model, &count, &pulled);
    if (!column)
        return NO_MEMORY;
    if (way == 0 && model->n > MOST_WHOLE)
        return free && pulled >= PULLED ? climb_down(simplex) : NOT_FOUND;
    if (way != 2 && !(free && pays_off(model, count, pulled)))
        ending = climb_up(simplex, column, count, free ? WORK * simplex->m : ENDLESS);
    if (ending == SLOW)
        ending = climb_down(simplex);
    return free && ending == NOT_FOUND ? climb_up(simplex, column, count, ENDLESS) : ending;
}

static int fits(int n, const int64_t *box) {
    for (int i = 0; i < n; i++)
        if (box[5 * i] * box[5 * i + 1] * 4 > MOST_POINTS)
            return 0;
    return 1;
}

/* mine: from brickgpt_workspace, for one thread. way: as told at begin_afresh. box (n, 5) h, w, x, y, z; weight (n) newtons; dear (n) what costs are multiplied by for the tie-break; grid (dim, dim,
   dim) owners of cells. Out: standing (n); pull (points); rest (4 n + 1) as told at read_out; counts: points, pivots,
   basic columns. `kept` and `motion` are what the last structure left, or the count of kept columns is -1; `origin` (n)
   the place of each brick in it, -1 for a new one. `kept_now` (5 n + 1) and `motion_now` (n) take what this one leaves.
   Answers OPTIMAL, or why there is none. */
int brickgpt_paper(void *mine, int way, int n, const int64_t *box, const double *weight, const double *dear, const int32_t *grid, int dim,
                   int most_points, uint8_t *standing, double *pull, double *rest, int32_t *counts, const Kept *kept,
                   int kept_count, const Motion *motion, const int *origin, Kept *kept_now, Motion *motion_now) {
    Model model = {.n = n, .box = box, .weight = weight, .dear = dear};
    Simplex simplex;
    int go_on = kept_count >= 0;
    start_over(mine);
    if (!fits(n, box))
        return TOO_LARGE;
    if (!build_model(&model, grid, dim))
        return NO_MEMORY;
    counts[0] = model.points;
    counts[1] = counts[2] = 0;
    if (model.far)
        return FAR;
    double *before = take(sizeof(double) * (size_t)n);
    if (model.points > most_points || !before || !new_simplex(&simplex, &model))
        return NO_MEMORY;
    int ending;
    if (go_on) {
        Column *column = take(sizeof(Column) * (size_t)(kept_count + 1));
        /* Bricks keep the tie-break's weights that they had, or nothing would be optimal any more. */
        for (int i = 0; i < n; i++)
            before[i] = origin[i] >= 0 && motion[origin[i]].dear > 0.0 ? motion[origin[i]].dear : dear[i];
        model.dear = before;
        if (!column || !new_factors(&simplex) || !take_up(&simplex, kept, kept_count, motion, origin, column))
            return NOT_FOUND;
        simplex.most = simplex.m + 50; /* from duals that have no right it may get lost */
        ending = climb(&simplex);
    } else
        ending = begin_afresh(&simplex, way);
    if (ending == OPTIMAL && go_on && memcmp(before, dear, sizeof(double) * (size_t)n)) {
        /* Some moved up in build order. */
        model.dear = dear;
        ending = climb(&simplex);
    }
    counts[1] = simplex.pivots;
    if (ending != OPTIMAL)
        return ending;
    counts[2] = keep(&simplex, kept_now, motion_now);
    ending = settle_costs(&simplex);
    counts[1] = simplex.pivots;
    if (ending != OPTIMAL)
        return ending;
    if (leans(&simplex))
        return LEANS;
    memcpy(standing, model.standing, (size_t)n);
    read_out(&simplex, pull, rest);
    return OPTIMAL;
}
