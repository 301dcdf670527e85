/* A sparse symmetric matrix as L D L', its rows eliminated by least degree.

   Rows of a structure's bricks and joints meet where bricks touch, so of a few hundred rows each meets a dozen, and as
   many when its turn comes. Which entries there are, and where the product of each two goes, is found once. */

#include "interior.h"

#include <string.h>

/* Products of two entries beyond which this way is not worth its memory. */
enum { MOST_PRODUCTS = 1 << 22 };
/* A pivot of this share of its row's entry is rounding: the row depends on those before. */
#define DEPENDS 1e-14

#define MEET(factor, i) ((factor)->meet + (size_t)(i) * (factor)->words)

int new_factor(Factor *factor, int rows) {
    *factor = (Factor){.rows = rows, .words = (rows + 63) / 64};
    size_t lines = sizeof(uint64_t) * (size_t)rows * (size_t)factor->words;
    factor->meet = take(lines + 8);
    if (!factor->meet)
        return 0;
    memset(factor->meet, 0, lines);
    return 1;
}

/* All of these rows meet. */
void meet(Factor *factor, const int *row, int count) {
    for (int a = 0; a < count; a++) {
        uint64_t *line = MEET(factor, row[a]);
        for (int b = 0; b < count; b++)
            line[row[b] >> 6] |= (uint64_t)1 << (row[b] & 63);
    }
}

/* Eliminates row after row; each one's neighbours then meet. Their numbers are written to `next` from `count` on. */
FAST static int eliminate(Factor *factor, int *turn, int **next, int *room) {
    int rows = factor->rows, words = factor->words, count = 0;
    int *degree = turn + rows;
    for (int i = 0; i < rows; i++) {
        uint64_t *line = MEET(factor, i);
        line[i >> 6] &= ~((uint64_t)1 << (i & 63));
        degree[i] = 0;
        for (int w = 0; w < words; w++)
            degree[i] += __builtin_popcountll(line[w]);
    }
    for (int k = 0; k < rows; k++) {
        int best = -1;
        for (int i = 0; i < rows; i++)
            if (degree[i] >= 0 && (best < 0 || degree[i] < degree[best]))
                best = i;
        const uint64_t *line = MEET(factor, best);
        factor->at[k] = count;
        turn[k] = best;
        factor->products += (size_t)degree[best] * (size_t)(degree[best] - 1) / 2;
        if (factor->products > MOST_PRODUCTS)
            return 0;
        if (count + degree[best] > *room) {
            int *more = take(sizeof(int) * 2 * (size_t)(*room + rows));
            if (!more)
                return 0;
            memcpy(more, *next, sizeof(int) * (size_t)count);
            *next = more;
            *room = 2 * (*room + rows);
        }
        for (int w = 0; w < words; w++)
            for (uint64_t rest = line[w]; rest; rest &= rest - 1) {
                int other = 64 * w + __builtin_ctzll(rest), sum = 0;
                uint64_t *theirs = MEET(factor, other);
                for (int v = 0; v < words; v++)
                    theirs[v] |= line[v];
                theirs[other >> 6] &= ~((uint64_t)1 << (other & 63));
                theirs[best >> 6] &= ~((uint64_t)1 << (best & 63));
                for (int v = 0; v < words; v++)
                    sum += __builtin_popcountll(theirs[v]);
                degree[other] = sum;
                (*next)[count++] = other;
            }
        degree[best] = -1;
    }
    factor->at[rows] = count;
    return 1;
}

/* Finds the order and all entries from the rows that meet; 0 where there are too many, or memory is out. */
int arrange(Factor *factor) {
    int rows = factor->rows, room = 16 * rows;
    size_t lines = sizeof(int) * (size_t)(rows + 1);
    int *turn = take(2 * lines), *found = take(sizeof(int) * (size_t)room), *where = take(lines), *after = take(lines);
    factor->at = take(lines);
    factor->place = take(lines);
    factor->slot = take(sizeof(int) * (size_t)rows * (size_t)rows + 8);
    if (!turn || !found || !where || !after || !factor->at || !factor->place || !factor->slot)
        return 0;
    if (!eliminate(factor, turn, &found, &room))
        return 0;
    int count = factor->at[rows];
    factor->row = take(sizeof(int) * (size_t)(count + 1));
    factor->value = take(sizeof(double) * (size_t)(count + rows + 1));
    factor->target = take(sizeof(int) * (factor->products + 1));
    factor->inverse = take(sizeof(double) * (size_t)(rows + 1));
    factor->scratch = take(sizeof(double) * (size_t)(rows + 1));
    int *by = take(sizeof(int) * (size_t)(count + 1));
    size_t *begin = take(sizeof(size_t) * (size_t)(rows + 1));
    if (!factor->row || !factor->value || !factor->target || !factor->inverse || !factor->scratch || !by || !begin)
        return 0;
    factor->diagonal = factor->value + count;
    for (int k = 0; k < rows; k++)
        factor->place[turn[k]] = k;
    /* Each column's entries in the order of elimination: by where they are met again, in which rows come in turn. */
    memset(after, 0, lines);
    for (int j = 0; j < count; j++)
        after[factor->place[found[j]] + 1]++;
    for (int k = 0; k < rows; k++)
        after[k + 1] += after[k];
    memcpy(where, after, lines);
    for (int k = 0; k < rows; k++)
        for (int j = factor->at[k]; j < factor->at[k + 1]; j++)
            by[where[factor->place[found[j]]]++] = k;
    memcpy(where, factor->at, lines);
    for (int k = 0; k < rows; k++)
        for (int j = after[k]; j < after[k + 1]; j++)
            factor->row[where[by[j]]++] = k;
    size_t at = 0;
    for (int k = 0; k < rows; k++) {
        size_t many = (size_t)(factor->at[k + 1] - factor->at[k]);
        begin[k] = at;
        at += many ? many * (many - 1) / 2 : 0;
        for (int j = factor->at[k]; j < factor->at[k + 1]; j++) {
            int other = turn[factor->row[j]];
            factor->slot[turn[k] * rows + other] = factor->slot[other * rows + turn[k]] = j;
        }
        factor->slot[turn[k] * rows + turn[k]] = count + k;
    }
    /* The product of two entries of a column goes to the column that is the first of the two. */
    for (int k = 0; k < rows; k++) {
        for (int j = factor->at[k]; j < factor->at[k + 1]; j++)
            where[factor->row[j]] = j;
        for (int j = after[k]; j < after[k + 1]; j++) {
            int from = by[j], first = factor->at[from], last = factor->at[from + 1], own = first;
            while (factor->row[own] != k)
                own++;
            int many = last - first, before = own - first;
            int *to = factor->target + begin[from] + (size_t)before * (size_t)(2 * many - before - 1) / 2;
            for (int b = own + 1; b < last; b++)
                *to++ = where[factor->row[b]];
        }
    }
    return 1;
}

/* The factor in the place of the matrix. Rows that depend on those before are left out. */
FAST void decompose(Factor *factor) {
    const int *target = factor->target;
    double *value = factor->value, *diagonal = factor->diagonal, *whole = factor->scratch;
    memcpy(whole, diagonal, sizeof(double) * (size_t)factor->rows);
    for (int k = 0; k < factor->rows; k++) {
        int first = factor->at[k], last = factor->at[k + 1];
        double inverse = diagonal[k] > DEPENDS * whole[k] && diagonal[k] > 1e-200 ? 1.0 / diagonal[k] : 0.0;
        factor->inverse[k] = inverse;
        for (int a = first; a < last; a++) {
            double share = value[a] * inverse;
            diagonal[factor->row[a]] -= share * value[a];
            for (int b = a + 1; b < last; b++)
                value[*target++] -= share * value[b];
            value[a] = share;
        }
    }
}

/* Solves in place; rows that were left out get nothing. */
FAST void back_solve(const Factor *factor, double *right) {
    double *x = factor->scratch;
    for (int i = 0; i < factor->rows; i++)
        x[factor->place[i]] = right[i];
    for (int k = 0; k < factor->rows; k++) {
        double known = x[k];
        for (int j = factor->at[k]; j < factor->at[k + 1]; j++)
            x[factor->row[j]] -= factor->value[j] * known;
        x[k] *= factor->inverse[k];
    }
    for (int k = factor->rows - 1; k >= 0; k--) {
        double sum = x[k];
        for (int j = factor->at[k]; j < factor->at[k + 1]; j++)
            sum -= factor->value[j] * x[factor->row[j]];
        x[k] = sum;
    }
    for (int i = 0; i < factor->rows; i++)
        right[i] = x[factor->place[i]];
}
