/* The basis of the simplex as its explicit inverse.

   Loads go down, so a line of the inverse, of one basic column, speaks of what is above it, and what a force adds to
   the basic columns is below: of a few hundred lines a pivot changes a tenth to a third. That costs less
   than factors do, and gives the exact length of every line on the way. */

#include "paper.h"

#include <math.h>
#include <string.h>

#define PIVOT 1e-7
#define DUST 1e-13

enum { MOST_REPAIRS = 4 };

static double *line_of(const Simplex *simplex, int position) {
    return simplex->inverse + (size_t)position * simplex->ld;
}

int new_simplex(Simplex *simplex, const Model *model) {
    int m = model->rows;
    simplex->model = model;
    simplex->m = m;
    simplex->ld = (m + 7) / 8 * 8;
    size_t line = sizeof(double) * (size_t)simplex->ld;
    double **vectors[] = {&simplex->x, &simplex->y, &simplex->cost, &simplex->measure,
                          &simplex->alpha, &simplex->rho, &simplex->spare};
    for (size_t k = 0; k < sizeof vectors / sizeof *vectors; k++) {
        *vectors[k] = take(line);
        if (!*vectors[k])
            return 0;
        memset(*vectors[k], 0, line);
    }
    simplex->inverse = take(line * (size_t)(m + 3)); /* read by fours */
    simplex->some = take(sizeof(int) * (size_t)(m + 1));
    simplex->chosen = take(sizeof(int) * (size_t)(m + 1));
    simplex->basic = take(sizeof(Column) * (size_t)(m + 1));
    simplex->pivots = simplex->repairs = simplex->plain = 0;
    return simplex->inverse && simplex->some && simplex->chosen && simplex->basic;
}

/* What a unit of a column adds to each basic one. */
FAST void image(const Simplex *simplex, Column column, double *restrict alpha) {
    int row[MOST_ENTRIES], m = simplex->m;
    double value[MOST_ENTRIES];
    int count = entries(simplex->model, column, row, value);
    /* Four lines at a time: each sum by itself would wait for its last term. */
    for (int p = 0; p < m; p += 4) {
        const double *a = line_of(simplex, p), *b = a + simplex->ld, *c = b + simplex->ld, *d = c + simplex->ld;
        double one = 0.0, two = 0.0, three = 0.0, four = 0.0;
        for (int k = 0; k < count; k++) {
            double by = value[k];
            int i = row[k];
            one += by * a[i];
            two += by * b[i];
            three += by * c[i];
            four += by * d[i];
        }
        alpha[p] = one, alpha[p + 1] = two, alpha[p + 2] = three, alpha[p + 3] = four;
    }
}

/* The product form from the identity: columns take the row where they are largest, lowest bricks' first, as what a
   brick does to those below it is then known. Rows that no column takes keep a slack. */
FAST void invert(Simplex *simplex, const Column *column, int count) {
    int m = simplex->m, ld = simplex->ld;
    double *alpha = simplex->alpha;
    memset(simplex->inverse, 0, sizeof(double) * (size_t)ld * (size_t)(m + 3));
    for (int i = 0; i < m; i++) {
        line_of(simplex, i)[i] = 1.0;
        simplex->basic[i] = (Column){SLACK, i, 0};
    }
    for (int k = 0; k < count; k++) {
        image(simplex, column[k], alpha);
        int best = -1, some = 0;
        for (int p = 0; p < m; p++)
            if (simplex->basic[p].kind == SLACK && (best < 0 || fabs(alpha[p]) > fabs(alpha[best])))
                best = p;
        if (best < 0 || fabs(alpha[best]) < PIVOT)
            continue; /* it depends on those before */
        /* The line of a row that is not taken has few entries: what earlier columns have put there. */
        double *from = line_of(simplex, best);
        for (int i = 0; i < m; i++)
            if (from[i] != 0.0) {
                from[i] /= alpha[best];
                simplex->some[some++] = i;
            }
        for (int p = 0; p < m; p++) {
            if (p == best || fabs(alpha[p]) < DUST)
                continue;
            double *line = line_of(simplex, p);
            for (int q = 0; q < some; q++)
                line[simplex->some[q]] -= alpha[p] * from[simplex->some[q]];
        }
        simplex->basic[best] = column[k];
    }
}

/* Squared length of each line: what the dual simplex measures by. */
FAST void weigh(Simplex *simplex) {
    for (int p = 0; p < simplex->m; p++) {
        const double *line = line_of(simplex, p);
        double sum = 0.0;
#pragma omp simd reduction(+ : sum)
        for (int i = 0; i < simplex->ld; i++)
            sum += line[i] * line[i];
        simplex->measure[p] = sum;
    }
}

/* Basic values, once more with what the first answer leaves over. */
FAST void solve_x(Simplex *simplex) {
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
        for (int p = 0; p < m; p++) {
            const double *line = line_of(simplex, p);
            double sum = 0.0;
#pragma omp simd reduction(+ : sum)
            for (int i = 0; i < m; i++)
                sum += left[i] * line[i];
            simplex->x[p] += sum;
        }
    }
}

/* Duals, likewise. */
FAST void solve_y(Simplex *simplex) {
    int m = simplex->m, row[MOST_ENTRIES];
    double value[MOST_ENTRIES], *restrict y = simplex->y, *before = simplex->spare;
    memset(y, 0, sizeof(double) * (size_t)simplex->ld);
    for (int round = 0; round < 2; round++) {
        memcpy(before, y, sizeof(double) * (size_t)m);
        for (int p = 0; p < m; p++) {
            double left = column_cost(simplex->model, simplex->basic[p], simplex->plain);
            simplex->cost[p] = left;
            if (round) {
                int count = entries(simplex->model, simplex->basic[p], row, value);
                for (int k = 0; k < count; k++)
                    left -= value[k] * before[row[k]];
            }
            if (left != 0.0) {
                const double *line = line_of(simplex, p);
                for (int i = 0; i < m; i++)
                    y[i] += left * line[i];
            }
        }
    }
}

/* Put a column in the place of a basic one; alpha is its image, rho the line of the inverse at that place. Lengths
   of lines follow by Forrest's and Goldfarb's rule (1992). */
FAST void exchange(Simplex *simplex, int position, Column column) {
    int m = simplex->m, first = 0, end = m, count = 0;
    double *restrict alpha = simplex->alpha, *restrict measure = simplex->measure, *restrict rho = simplex->rho;
    double pivot = alpha[position], length = 0.0;
    while (first < end && rho[first] == 0.0)
        first++;
    while (end > first && rho[end - 1] == 0.0)
        end--;
    first &= ~7;
    end = (end + 7) & ~7;
#pragma omp simd reduction(+ : length)
    for (int i = first; i < end; i++)
        length += rho[i] * rho[i];
    for (int p = 0; p < m; p++)
        if (fabs(alpha[p]) >= DUST && p != position)
            simplex->chosen[count++] = p;
    for (int k = 0; k < count; k++) {
        int p = simplex->chosen[k], after = simplex->chosen[k + 1 < count ? k + 1 : k];
        double *line = line_of(simplex, p), share = alpha[p] / pivot;
        const double *ahead = line_of(simplex, after);
        Wide one = {0.0}, two = {0.0};
        /* Most of the time goes into waiting for lines from memory. */
        for (int i = first; i < end; i += 8) {
            __builtin_prefetch(ahead + i);
            Wide *to = (Wide *)(line + i);
            const Wide *from = (const Wide *)(rho + i);
            one += from[0] * to[0];
            two += from[1] * to[1];
            to[0] -= share * from[0];
            to[1] -= share * from[1];
        }
        one += two;
        double along = one[0] + one[1] + one[2] + one[3];
        double next = measure[p] + share * (share * length - 2.0 * along);
        measure[p] = next > 1e-6 ? next : 1e-6;
    }
    double *line = line_of(simplex, position);
    for (int i = 0; i < simplex->ld; i++)
        line[i] = rho[i] / pivot;
    measure[position] = length / (pivot * pivot);
    simplex->basic[position] = column;
    simplex->pivots++;
}

/* The inverse of the same basis from its columns, where rounding has spoilt it; 0 where that was done too often, or memory
   is out. */
int invert_again(Simplex *simplex) {
    int m = simplex->m, count = 0;
    Column *column = take(sizeof(Column) * (size_t)(m + 1));
    if (!column || simplex->repairs++ == MOST_REPAIRS)
        return 0;
    for (int p = 0; p < m; p++)
        if (simplex->basic[p].kind != SLACK)
            column[count++] = simplex->basic[p];
    sort_columns(simplex->model, column, count);
    invert(simplex, column, count);
    weigh(simplex);
    solve_x(simplex);
    solve_y(simplex);
    return 1;
}
