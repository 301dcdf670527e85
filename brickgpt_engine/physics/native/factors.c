/* The basis of the simplex as sparse factors, for when it is known but for a few pivots.

   Columns come in the order in which they are wanted, and each is solved for by those before (Gilbert and Peierls,
   1988); one that depends on these is left out. Pivots after that are kept as columns of their own, the product
   form. */

#include "paper.h"

#include <math.h>
#include <string.h>

#define PIVOT 1e-7
#define DUST 1e-14
/* A pivot of this share of its column's largest may be taken for its sparse row. */
#define NEAR 0.1

static int reserve(Strip *strip, int more) {
    if (strip->count + more <= strip->room)
        return 1;
    int room = 2 * strip->room + more + 256;
    int *at = take(sizeof(int) * (size_t)room);
    double *value = take(sizeof(double) * (size_t)room);
    if (!at || !value)
        return 0;
    if (strip->count) {
        memcpy(at, strip->at, sizeof(int) * (size_t)strip->count);
        memcpy(value, strip->value, sizeof(double) * (size_t)strip->count);
    }
    strip->at = at, strip->value = value, strip->room = room;
    return 1;
}

static void add(Strip *strip, int at, double value) {
    strip->at[strip->count] = at;
    strip->value[strip->count++] = value;
}

int new_factors(Simplex *simplex) {
    int m = simplex->m;
    Factors *to = take(sizeof(Factors));
    simplex->factors = to;
    if (!to)
        return 0;
    memset(to, 0, sizeof *to);
    to->low_from = take(sizeof(int) * (size_t)(m + 1));
    to->up_from = take(sizeof(int) * (size_t)(m + 1));
    to->eta_from = take(sizeof(int) * (size_t)(MOST_ETAS + 1));
    to->eta_at = take(sizeof(int) * (size_t)MOST_ETAS);
    to->row = take(sizeof(int) * (size_t)(m + 1));
    to->turn = take(sizeof(int) * (size_t)(m + 1));
    to->seen = take((size_t)(m + 1));
    to->often = take(sizeof(int) * (size_t)(m + 1));
    to->diagonal = take(sizeof(double) * (size_t)(m + 1));
    to->work = take(sizeof(double) * (size_t)(m + 1));
    to->eta_pivot = take(sizeof(double) * (size_t)MOST_ETAS);
    return to->low_from && to->up_from && to->eta_from && to->eta_at && to->row && to->turn && to->seen && to->often &&
           to->diagonal && to->work && to->eta_pivot;
}

/* One more column is solved for, and taken in if it does not depend on those before; -1 without memory. */
FAST static int take_in(Simplex *simplex, Column column) {
    Factors *to = simplex->factors;
    int m = simplex->m, k = to->count, row[MOST_ENTRIES], first = m, touched = 0, found = -1, *list = simplex->some;
    double value[MOST_ENTRIES], *work = to->work, largest = PIVOT;
    int count = entries(simplex->model, column, row, value);
    if (!reserve(&to->low, m) || !reserve(&to->up, m))
        return -1;
    int up = to->up.count;
    for (int j = 0; j < count; j++) {
        if (to->turn[row[j]] < first)
            first = to->turn[row[j]];
        if (!to->seen[row[j]])
            to->seen[row[j]] = 1, list[touched++] = row[j];
        work[row[j]] += value[j];
    }
    for (int j = first; j < k; j++) {
        double by = work[to->row[j]];
        if (fabs(by) < DUST)
            continue;
        add(&to->up, j, by);
        for (int e = to->low_from[j]; e < to->low_from[j + 1]; e++) {
            int i = to->low.at[e];
            if (!to->seen[i])
                to->seen[i] = 1, list[touched++] = i;
            work[i] -= by * to->low.value[e];
        }
    }
    for (int t = 0; t < touched; t++)
        if (to->turn[list[t]] == m && fabs(work[list[t]]) > largest)
            found = list[t], largest = fabs(work[found]);
    if (found >= 0) {
        for (int t = 0; t < touched; t++) {
            int i = list[t];
            if (to->turn[i] == m && fabs(work[i]) >= NEAR * largest && to->often[i] < to->often[found])
                found = i;
        }
        double pivot = work[found];
        for (int t = 0; t < touched; t++)
            if (to->turn[list[t]] == m && fabs(work[list[t]]) > DUST && list[t] != found)
                add(&to->low, list[t], work[list[t]] / pivot);
        to->diagonal[k] = pivot;
        to->row[k] = found;
        to->turn[found] = k;
        simplex->basic[k] = column;
        to->count = ++k;
        to->low_from[k] = to->low.count;
        to->up_from[k] = to->up.count;
    } else
        to->up.count = up;
    for (int t = 0; t < touched; t++)
        work[list[t]] = 0.0, to->seen[list[t]] = 0;
    return found >= 0;
}

/* Factors of as many of these columns as are independent, the first ones before others; rows that are left get a
   slack. 0 without memory. */
int factorize(Simplex *simplex, const Column *column, int count) {
    Factors *to = simplex->factors;
    int m = simplex->m, row[MOST_ENTRIES];
    double value[MOST_ENTRIES];
    to->count = to->etas = to->low.count = to->up.count = to->eta.count = 0;
    to->low_from[0] = to->up_from[0] = to->eta_from[0] = 0;
    for (int i = 0; i < m; i++)
        to->turn[i] = m, to->work[i] = 0.0, to->seen[i] = 0, to->often[i] = 0;
    for (int k = 0; k < count; k++) {
        int some = entries(simplex->model, column[k], row, value);
        for (int j = 0; j < some; j++)
            to->often[row[j]]++;
    }
    for (int k = 0; k < count && to->count < m; k++)
        if (take_in(simplex, column[k]) < 0)
            return 0;
    for (int i = 0; i < m; i++)
        if (to->turn[i] == m && take_in(simplex, (Column){SLACK, i, 0}) < 0)
            return 0;
    return to->count == m;
}

/* In place: what is given by rows becomes what it adds to the basic columns. */
FAST void forward(const Simplex *simplex, double *restrict x) {
    const Factors *from = simplex->factors;
    int m = simplex->m;
    double *restrict work = from->work;
    for (int k = 0; k < m; k++) {
        double by = x[from->row[k]];
        work[k] = by;
        if (by != 0.0)
            for (int e = from->low_from[k]; e < from->low_from[k + 1]; e++)
                x[from->low.at[e]] -= by * from->low.value[e];
    }
    for (int k = m - 1; k >= 0; k--) {
        double by = work[k];
        if (by != 0.0) {
            by /= from->diagonal[k];
            for (int e = from->up_from[k]; e < from->up_from[k + 1]; e++)
                work[from->up.at[e]] -= by * from->up.value[e];
        }
        x[k] = by;
    }
    for (int t = 0; t < from->etas; t++) {
        int p = from->eta_at[t];
        if (x[p] == 0.0)
            continue;
        double by = x[p] /= from->eta_pivot[t];
        for (int e = from->eta_from[t]; e < from->eta_from[t + 1]; e++)
            x[from->eta.at[e]] -= by * from->eta.value[e];
    }
    for (int i = 0; i < m; i++)
        work[i] = 0.0;
}

/* In place: what is given by basic columns becomes duals of the rows. */
FAST void backward(const Simplex *simplex, double *restrict y) {
    const Factors *from = simplex->factors;
    int m = simplex->m;
    double *restrict work = from->work;
    for (int t = from->etas - 1; t >= 0; t--) {
        int p = from->eta_at[t];
        double sum = y[p];
        for (int e = from->eta_from[t]; e < from->eta_from[t + 1]; e++)
            sum -= y[from->eta.at[e]] * from->eta.value[e];
        y[p] = sum / from->eta_pivot[t];
    }
    for (int k = 0; k < m; k++) {
        double sum = y[k];
        for (int e = from->up_from[k]; e < from->up_from[k + 1]; e++)
            sum -= work[from->up.at[e]] * from->up.value[e];
        work[k] = sum / from->diagonal[k];
    }
    for (int k = m - 1; k >= 0; k--) {
        double sum = work[k];
        for (int e = from->low_from[k]; e < from->low_from[k + 1]; e++)
            sum -= y[from->low.at[e]] * from->low.value[e];
        y[from->row[k]] = sum;
    }
    for (int i = 0; i < m; i++)
        work[i] = 0.0;
}

/* The column at a position is replaced by one whose image is alpha; 0 without memory. Measures, which began as ones,
   follow by Devex's rule for the dual simplex: none that stays is less than it was, or than its part of the one
   that leaves. */
int exchange_factors(Simplex *simplex, int position) {
    Factors *to = simplex->factors;
    int m = simplex->m;
    const double *alpha = simplex->alpha;
    double pivot = alpha[position], *measure = simplex->measure, own = measure[position] / (pivot * pivot);
    if (!reserve(&to->eta, m))
        return 0;
    to->eta_at[to->etas] = position;
    to->eta_pivot[to->etas] = pivot;
    for (int p = 0; p < m; p++) {
        if (p == position || fabs(alpha[p]) <= DUST)
            continue;
        add(&to->eta, p, alpha[p]);
        double part = alpha[p] * alpha[p] * own;
        measure[p] = part > measure[p] ? part : measure[p];
    }
    to->eta_from[++to->etas] = to->eta.count;
    measure[position] = own > 1.0 ? own : 1.0;
    return 1;
}
