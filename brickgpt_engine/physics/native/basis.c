/* The basis of the simplex, whichever way it is kept: as its whole inverse, for many pivots from a first basis
   (inverse.c), or as sparse factors, for the few that are left near an optimum (factors.c). */

#include "paper.h"

#include <math.h>
#include <string.h>

enum { MOST_REPAIRS = 4 };

int new_simplex(Simplex *simplex, const Model *model) {
    int m = model->rows;
    *simplex = (Simplex){.model = model, .m = m, .ld = (m + 7) / 8 * 8, .patience = ENDLESS, .most = 10 * m + 400};
    size_t line = sizeof(double) * (size_t)simplex->ld;
    double **vectors[] = {&simplex->x,     &simplex->y,   &simplex->cost,  &simplex->shift,
                          &simplex->alpha, &simplex->rho, &simplex->spare, &simplex->measure};
    for (size_t k = 0; k < sizeof vectors / sizeof *vectors; k++) {
        *vectors[k] = take(line);
        if (!*vectors[k])
            return 0;
        memset(*vectors[k], 0, line);
    }
    simplex->some = take(sizeof(int) * (size_t)(m + 1));
    simplex->chosen = take(sizeof(int) * (size_t)(m + 1));
    simplex->basic = take(sizeof(Column) * (size_t)(m + 1));
    return simplex->some && simplex->chosen && simplex->basic;
}

/* A basis of as many of these columns as are independent; rows that are left over get a slack. 0 without memory. */
int settle(Simplex *simplex, const Column *column, int count) {
    if (!(simplex->factors ? factorize(simplex, column, count) : invert(simplex, column, count)))
        return 0;
    weigh(simplex);
    solve_x(simplex);
    return 1;
}

/* What a unit of a column adds to each basic one. */
void image(const Simplex *simplex, Column column, double *alpha) {
    int row[MOST_ENTRIES];
    double value[MOST_ENTRIES];
    int count = entries(simplex->model, column, row, value);
    if (!simplex->factors) {
        image_of_inverse(simplex, count, row, value, alpha);
        return;
    }
    memset(alpha, 0, sizeof(double) * (size_t)simplex->m);
    for (int k = 0; k < count; k++)
        alpha[row[k]] += value[k];
    forward(simplex, alpha);
}

/* The line of the inverse of one basic column: what a unit in each row adds to it. */
void line_of(const Simplex *simplex, int position, double *rho) {
    if (!simplex->factors) {
        memcpy(rho, simplex->inverse + (size_t)position * simplex->ld, sizeof(double) * (size_t)simplex->m);
        return;
    }
    memset(rho, 0, sizeof(double) * (size_t)simplex->m);
    rho[position] = 1.0;
    backward(simplex, rho);
}

/* Squared length of each line, by which the dual simplex measures. Factors begin with ones in their place. */
void weigh(Simplex *simplex) {
    if (!simplex->factors) {
        weigh_inverse(simplex);
        return;
    }
    for (int p = 0; p < simplex->m; p++)
        simplex->measure[p] = 1.0;
}

/* Basic values, once more with what the first answer leaves over. */
void solve_x(Simplex *simplex) {
    int m = simplex->m, row[MOST_ENTRIES];
    double *left = simplex->spare, value[MOST_ENTRIES];
    memset(simplex->x, 0, sizeof(double) * (size_t)m);
    for (int round = 0; round < 2; round++) {
        memcpy(left, simplex->model->load, sizeof(double) * (size_t)m);
        for (int p = 0; p < m && round; p++) {
            int count = entries(simplex->model, simplex->basic[p], row, value);
            for (int k = 0; k < count; k++)
                left[row[k]] -= value[k] * simplex->x[p];
        }
        if (simplex->factors) {
            forward(simplex, left);
            for (int p = 0; p < m; p++)
                simplex->x[p] += left[p];
        } else if (simplex->hung)
            add_hung_values(simplex, left, simplex->x);
        else
            add_lines_by(simplex, left, simplex->x);
    }
}

/* Duals, likewise. */
void solve_y(Simplex *simplex) {
    int m = simplex->m, row[MOST_ENTRIES];
    double value[MOST_ENTRIES], *left = simplex->spare;
    memset(simplex->y, 0, sizeof(double) * (size_t)simplex->ld);
    for (int round = 0; round < 2; round++) {
        for (int p = 0; p < m; p++) {
            left[p] = simplex->cost[p] =
                column_cost(simplex->model, simplex->basic[p], simplex->plain) + simplex->shift[p];
            if (round) {
                int count = entries(simplex->model, simplex->basic[p], row, value);
                for (int k = 0; k < count; k++)
                    left[p] -= value[k] * simplex->y[row[k]];
            }
        }
        if (simplex->factors) {
            backward(simplex, left);
            for (int i = 0; i < m; i++)
                simplex->y[i] += left[i];
        } else if (simplex->hung)
            add_hung_duals(simplex, left, simplex->y);
        else
            add_lines(simplex, left, simplex->y);
    }
}

/* Shifts the basic costs so that duals from elsewhere are those of the basis. Where no column pays at them, the dual
   simplex may begin: a column that leaves takes its shift with it, and only pays less then. */
void hold_duals(Simplex *simplex) {
    for (int p = 0; p < simplex->m; p++) {
        Column column = simplex->basic[p];
        double cost = column_cost(simplex->model, column, simplex->plain);
        simplex->shift[p] = worth_of(simplex->model, column, simplex->y) - cost;
    }
}

void let_duals_go(Simplex *simplex) { memset(simplex->shift, 0, sizeof(double) * (size_t)simplex->m); }

/* Put a column in the place of a basic one; alpha is its image, rho the line at that place. Lengths of lines follow by
   Forrest's and Goldfarb's rule (1992) with an inverse, by Harris' Devex (1973) with factors. 0 without memory. */
int exchange(Simplex *simplex, int position, Column column) {
    if (!simplex->factors)
        exchange_inverse(simplex, position);
    else if (!exchange_factors(simplex, position))
        return 0;
    simplex->basic[position] = column;
    simplex->shift[position] = 0.0;
    simplex->pivots++;
    return 1;
}

/* The same basis from its columns, which then have other positions; the duals stay. 0 without memory. */
int begin_again(Simplex *simplex) {
    int count = 0;
    Column *column = take(sizeof(Column) * (size_t)(simplex->m + 1));
    if (!column)
        return 0;
    for (int p = 0; p < simplex->m; p++)
        if (simplex->basic[p].kind != SLACK)
            column[count++] = simplex->basic[p];
    if (!simplex->factors)
        sort_columns(simplex->model, column, count);
    if (!settle(simplex, column, count))
        return 0;
    hold_duals(simplex);
    return 1;
}

/* Likewise where rounding has spoilt it; 0 where that was done too often, too. */
int mend(Simplex *simplex) { return simplex->repairs++ < MOST_REPAIRS && begin_again(simplex); }

/* Whether the factors have no room for another pivot. */
int full(const Simplex *simplex) { return simplex->factors && simplex->factors->etas == MOST_ETAS; }
