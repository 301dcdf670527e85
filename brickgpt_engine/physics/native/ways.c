/* The ways from nothing, or from a basis, to the optimum. */

#include "paper.h"

#include <math.h>
#include <string.h>

/* How many smaller shares of the tie-break's costs are tried, each a tenth of the last. */
enum { SMALLER = 4 };

/* Rows from which on another way than the first basis may be the faster one, the entries of its inverse that may change
   for each row until the other has won, and how many times their weight bricks pull where it will: with few rows much,
   and rows must be open. */
enum { MANY_ROWS = 100, FEW_ROWS = 260 };
#define WORK 25000.0
#define PULLED_MUCH 4.0
#define PULLED_SOME 2.5
/* Bricks up to which a structure is small; of those beyond, rows up to which an inverse is kept, and its patience. */
enum { MOST_WHOLE = 250, MOST_ROWS = 1000 };
#define LARGE_WORK 1500000.0
/* What is wrong with a basis is little up to one in so many of its rows. */
enum { FEW = 6 };

/* What a column may earn beyond its cost at the tie-break's share. */
#define SHARP 1e-10

/* Whatever the tie-break's share of the costs: if the basis at which the simplex ends is optimal for the published
   costs alone, it is the tie-break's optimum. If it is not, a smaller share is tried from there. */
int settle_costs(Simplex *simplex) {
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
        if (simplex->hung && !take_down(simplex))
            return NO_MEMORY;
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

/* The columns of the first basis, lowest first, and how many times all weight its supports would have to pull with. NULL
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
    for (int i = 0; i < model->n; i++)
        load += model->weight[i];
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

/* How many basic values have to change: forces below zero, and rows that are open. */
static int wrong(const Simplex *simplex) {
    int count = 0;
    for (int p = 0; p < simplex->m; p++) {
        double x = simplex->x[p];
        count += x < -FEASIBLE || (simplex->basic[p].kind == SLACK && x > FEASIBLE);
    }
    return count;
}

/* From the first basis of a large structure. Where little is wrong with it, it does not take an inverse; for others it
   does, if that is not too large, and so where factors did not get to the end. */
static int climb_far(Simplex *simplex, const Column *column, int count) {
    int ending = NOT_FOUND;
    if (!new_factors(simplex) || !settle(simplex, column, count))
        return NO_MEMORY;
    if (FEW * wrong(simplex) <= simplex->m) {
        simplex->repairs = 0;
        simplex->patience = ENDLESS;
        simplex->most = simplex->m / 4 + 30;
        let_duals_go(simplex);
        solve_y(simplex);
        ending = climb(simplex);
    }
    if (ending != NOT_FOUND || simplex->m > MOST_ROWS)
        return ending;
    return climb_up(simplex, column, count, LARGE_WORK * simplex->m);
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

/* Whether a point near the optimum promises to be the faster way than the first basis: not where bricks have many
   neighbours, as rows meet too many others then, and more of its columns turn out to be none of the optimum's. */
static int pays_off(const Model *model, int columns, double pulled) {
    if (model->pairs > 2 * model->n)
        return 0;
    if (model->n > MOST_WHOLE)
        return pulled >= PULLED_MUCH;
    if (model->rows >= FEW_ROWS)
        return pulled >= PULLED_SOME;
    return pulled >= PULLED_MUCH && 15 * (model->rows - columns) >= model->rows;
}

/* The optimum of what has nothing to peel off. `way` chooses: 1 the first basis, 2 a point near the optimum, or what
   promises to be the faster. */
static int climb_core(Simplex *simplex, int way) {
    const Model *model = simplex->model;
    int count, free = way == 0 && simplex->m >= MANY_ROWS && all_stand(model);
    double pulled;
    Column *column = first_basis(model, &count, &pulled);
    if (!column)
        return NO_MEMORY;
    int near = way == 2 || (free && pays_off(model, count, pulled)), large = model->n > MOST_WHOLE;
    if (large && !near)
        return climb_far(simplex, column, count);
    int ending = near ? SLOW : climb_up(simplex, column, count, free ? WORK * simplex->m : ENDLESS);
    if (ending != SLOW)
        return ending;
    ending = climb_down(simplex);
    return ending == NOT_FOUND && free && !large ? climb_up(simplex, column, count, ENDLESS) : ending;
}

/* From nothing, by the `way` told above: the core, and then the whole. */
int begin_afresh(Simplex *simplex, int way) {
    Peeled *peeled = take(sizeof(Peeled));
    Simplex *core = take(sizeof(Simplex));
    if (!peeled || !core || !peel(peeled, simplex->model))
        return NO_MEMORY;
    if (!peeled->count)
        return climb_core(simplex, way);
    if (!new_simplex(core, &peeled->core))
        return NO_MEMORY;
    int ending = core->m ? climb_core(core, way) : OPTIMAL;
    if (ending != OPTIMAL)
        return ending;
    if (!hang(simplex, core, peeled))
        return NO_MEMORY;
    solve_x(simplex);
    solve_y(simplex);
    if (priced(simplex, SHARP))
        return OPTIMAL;
    if (!take_down(simplex))
        return NO_MEMORY;
    simplex->most = simplex->m / 4 + 30;
    solve_y(simplex);
    return climb(simplex);
}

/* From what the last structure left. */
int go_on_from(Simplex *simplex, Model *model, const Kept *kept, int count, const Motion *motion, const int *origin) {
    const double *dear = model->dear;
    double *before = take(sizeof(double) * (size_t)model->n);
    Column *column = take(sizeof(Column) * (size_t)(count + 1));
    if (!before || !column || !new_factors(simplex))
        return NO_MEMORY;
    /* Bricks keep the tie-break's weights that they had, or nothing would be optimal any more. */
    for (int i = 0; i < model->n; i++)
        before[i] = origin[i] >= 0 && motion[origin[i]].dear > 0.0 ? motion[origin[i]].dear : dear[i];
    model->dear = before;
    int taken = take_up(simplex, kept, count, motion, origin, column);
    if (!taken)
        return NOT_FOUND;
    /* From duals at which columns pay it may get lost. */
    simplex->most = taken == 1 ? simplex->m + 50 : simplex->m / 4 + 30;
    int ending = climb(simplex);
    model->dear = dear;
    if (ending != OPTIMAL || !memcmp(before, dear, sizeof(double) * (size_t)model->n))
        return ending;
    /* Some moved up in build order. */
    simplex->most = simplex->m + 50;
    solve_y(simplex);
    return climb(simplex);
}
