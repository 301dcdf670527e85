/* The ways from nothing, or from a basis, to the optimum. */

#include "paper.h"

#include <math.h>
#include <string.h>

/* How many smaller shares of the tie-break's costs are tried, each a tenth of the last. */
enum { SMALLER = 4 };

/* Rows from which on another way than the first basis may be the faster one, the entries of its inverse that may change
   for each row until the other has won, and how many times their weight bricks pull where it will. */
enum { MANY_ROWS = 120, FEW_ROWS = 350 };
#define WORK 25000.0
#define PULLED 4.0
/* Bricks up to which an inverse is kept whole. */
enum { MOST_WHOLE = 250 };

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
    for (int i = 0; i < model->rows; i++)
        load += model->load[i];
    *pulled = FORCE * down / load;
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
int begin_afresh(Simplex *simplex, int way) {
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
    if (ending == OPTIMAL || !(free || way == 2))
        return ending;
    int given_up = ending == SLOW;
    ending = climb_down(simplex);
    return free && given_up && ending == NOT_FOUND ? climb_up(simplex, column, count, ENDLESS) : ending;
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
