/* The basis of the simplex as its whole inverse.

   Loads go down, so a line of the inverse, of one basic column, speaks of what is above it, and what a force adds to
   the basic columns is below: of a few hundred lines a pivot changes a tenth to a third. That costs less
   than factors do, and gives the exact length of every line on the way. */

#include "paper.h"

#include <math.h>
#include <string.h>

#define PIVOT 1e-7
#define DUST 1e-13

static double *at(const Simplex *simplex, int position) { return simplex->inverse + (size_t)position * simplex->ld; }

FAST void image_of_inverse(const Simplex *simplex, int count, const int *row, const double *value,
                           double *restrict alpha) {
    int m = simplex->m;
    /* Four lines at a time: each sum by itself would wait for its last term. */
    for (int p = 0; p < m; p += 4) {
        const double *a = at(simplex, p), *b = a + simplex->ld, *c = b + simplex->ld, *d = c + simplex->ld;
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
FAST int invert(Simplex *simplex, const Column *column, int count) {
    int m = simplex->m, ld = simplex->ld, open = m, *left = simplex->chosen;
    double *alpha = simplex->alpha;
    if (!simplex->inverse)
        simplex->inverse = take(sizeof(double) * (size_t)ld * (size_t)(m + 3)); /* read by fours */
    if (!simplex->inverse)
        return 0;
    memset(simplex->inverse, 0, sizeof(double) * (size_t)ld * (size_t)(m + 3));
    for (int i = 0; i < m; i++) {
        at(simplex, i)[i] = 1.0;
        simplex->basic[i] = (Column){SLACK, i, 0};
        left[i] = i;
    }
    for (int k = 0; k < count && open; k++) {
        int row[MOST_ENTRIES], found = 0, some = 0;
        double value[MOST_ENTRIES];
        int all = entries(simplex->model, column[k], row, value), taken = 0;
        for (int e = 0; e < all; e++)
            if (simplex->basic[row[e]].kind != SLACK) {
                int other = row[e];
                double by = value[e];
                row[e] = row[taken], value[e] = value[taken];
                row[taken] = other, value[taken++] = by;
            }
        image_of_inverse(simplex, taken, row, value, alpha);
        /* What is not taken yet has nothing to add but its own. */
        for (int e = taken; e < all; e++)
            alpha[row[e]] += value[e];
        for (int j = 1; j < open; j++)
            if (fabs(alpha[left[j]]) > fabs(alpha[left[found]]))
                found = j;
        int best = left[found];
        if (fabs(alpha[best]) < PIVOT)
            continue; /* it depends on those before */
        memmove(left + found, left + found + 1, sizeof(int) * (size_t)(--open - found));
        /* The line of a row that is not taken has few entries: what earlier columns have put there. */
        double *from = at(simplex, best);
        for (int begin = 0; begin < ld; begin += 8) {
            const Wide *part = (const Wide *)(from + begin);
            Mask there = (part[0] != 0.0) | (part[1] != 0.0);
            for (int i = begin; i < begin + 8 && any(&there); i++)
                if (from[i] != 0.0) {
                    from[i] /= alpha[best];
                    simplex->some[some++] = i;
                }
        }
        for (int p = 0; p < m; p++) {
            if (p == best || fabs(alpha[p]) < DUST)
                continue;
            double *line = at(simplex, p);
            for (int q = 0; q < some; q++)
                line[simplex->some[q]] -= alpha[p] * from[simplex->some[q]];
        }
        simplex->basic[best] = column[k];
    }
    return 1;
}

FAST void weigh_inverse(Simplex *simplex) {
    for (int p = 0; p < simplex->m; p++) {
        const double *line = at(simplex, p);
        double sum = 0.0;
#pragma omp simd reduction(+ : sum)
        for (int i = 0; i < simplex->ld; i++)
            sum += line[i] * line[i];
        simplex->measure[p] = sum;
    }
}

/* Adds to each basic value what `left`, by rows, adds to it. */
FAST void add_lines_by(const Simplex *simplex, const double *left, double *restrict x) {
    for (int p = 0; p < simplex->m; p++) {
        const double *line = at(simplex, p);
        double sum = 0.0;
#pragma omp simd reduction(+ : sum)
        for (int i = 0; i < simplex->m; i++)
            sum += left[i] * line[i];
        x[p] += sum;
    }
}

/* Adds to the duals what `left`, by basic columns, adds to them. */
FAST void add_lines(const Simplex *simplex, const double *left, double *restrict y) {
    for (int p = 0; p < simplex->m; p++) {
        const double *line = at(simplex, p);
        double by = left[p];
        if (by != 0.0)
            for (int i = 0; i < simplex->m; i++)
                y[i] += by * line[i];
    }
}

FAST void exchange_inverse(Simplex *simplex, int position) {
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
    simplex->work += (double)count * (end - first);
    for (int k = 0; k < count; k++) {
        int p = simplex->chosen[k], after = simplex->chosen[k + 1 < count ? k + 1 : k];
        double *line = at(simplex, p), share = alpha[p] / pivot;
        const double *ahead = at(simplex, after);
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
    double *line = at(simplex, position);
    for (int i = 0; i < simplex->ld; i++)
        line[i] = rho[i] / pivot;
    measure[position] = length / (pivot * pivot);
}
