/* Going on from the optimum of a structure from which bricks are gone, and to which one may have come.

   Bricks that are gone take their columns with them, and the duals of what is left still let no column pay. Rows that
   have lost theirs get a slack, and basic costs are shifted so that all duals stay as they were: the dual simplex can
   start, and a slack, which must be zero, is the first to leave. A brick that is new begins by moving with one that it
   touches. If columns pay then, or if it ties joints together that moved apart, the dual simplex has no such right;
   it mostly ends near the optimum all the same, and the primal one does the rest. */

#include "paper.h"

#include <math.h>
#include <string.h>

/* What the basis is made of; the answer is the number of columns. Duals must be those of the tie-break. */
int keep(const Simplex *simplex, Kept *kept, Motion *motion) {
    const Model *model = simplex->model;
    const double *y = simplex->y;
    int count = 0;
    for (int p = 0; p < simplex->m; p++) {
        Column column = simplex->basic[p];
        Kept *to = &kept[count];
        *to = (Kept){column.kind, column.which, 0, 0};
        if (column.kind == SLACK)
            continue;
        if (column.kind == SUPPORT) {
            const Pair *pair = &model->pair[column.which >> 3];
            *to = (Kept){column.kind, pair->upper, pair->lower, column.which & 7};
        } else if (column.kind == PRESS) {
            int s = column.which;
            *to = (Kept){column.kind, model->press_on[s], model->press_by[s], model->press_first[s] & 1};
        } else if (column.kind == RESIDUAL)
            *to = (Kept){column.kind, column.which / 6, GROUND, column.which % 6};
        else
            *to = (Kept){column.kind, column.which, GROUND, (int64_t)column.mask};
        count++;
    }
    for (int i = 0; i < model->n; i++) {
        Motion *to = &motion[i];
        int bottom = model->bottom[i], top = model->top[i];
        *to = (Motion){NAN, {NAN, NAN}, {NAN, NAN}, NAN};
        if (!model->standing[i])
            continue;
        *to = (Motion){y[model->vertical[i]], {0.0, 0.0}, {y[top], y[top + 1]}, model->dear[i]};
        if (bottom >= 0)
            to->bottom[0] = y[bottom], to->bottom[1] = y[bottom + 1];
    }
    return count;
}

static void set_joint(double *y, uint8_t *known, int row, const double *value) {
    for (int axis = 0; axis < 2 && row >= 0; axis++) {
        y[row + axis] = value[axis];
        known[row + axis] = 1;
    }
}

/* Let a brick without a motion move with `like`, as far as its joints are not tied. */
static void ride(const Model *model, double *y, const uint8_t *known, const Plane *plane, int brick, int like) {
    int bottom = model->bottom[brick], top = model->top[brick];
    Plane with = plane[like == GROUND ? model->n : like];
    double slope[2] = {with.x, with.y};
    for (int axis = 0; axis < 2; axis++) {
        double below = bottom >= 0 ? y[bottom + axis] : 0.0;
        if (bottom >= 0 && !known[bottom])
            below = y[bottom + axis] = y[top + axis] + slope[axis];
        if (!known[top])
            y[top + axis] = below - slope[axis];
    }
    y[model->vertical[brick]] = at_place(with, model->cx[brick], model->cy[brick]);
}

/* The place of each kept column in this model; one of a brick that is gone has none. */
static int find_columns(const Model *model, const Kept *kept, int count, const int *place, Column *column) {
    int found = 0;
    for (int k = 0; k < count; k++) {
        int one = place[kept[k].one], other = kept[k].other < 0 ? GROUND : place[kept[k].other];
        if (one < 0 || (kept[k].other >= 0 && other < 0) || (kept[k].kind != PRESS && !model->standing[one]))
            continue;
        if (kept[k].kind == SUPPORT) {
            int p = model->first[one];
            while (p < model->first[one + 1] && model->pair[p].lower != other)
                p++;
            if (p < model->first[one + 1])
                column[found++] = (Column){SUPPORT, 8 * p + (int)kept[k].mask, 0};
        } else if (kept[k].kind == PRESS) {
            int axis = (int)kept[k].mask, more = model->bottom[one], less = model->bottom[other];
            for (int s = 0; s < model->presses; s++)
                if (model->press[s].more == (more < 0 ? more : more + axis) &&
                    model->press[s].less == (less < 0 ? less : less + axis)) {
                    column[found++] = (Column){PRESS, s, 0};
                    break;
                }
        } else if (kept[k].kind == RESIDUAL)
            column[found++] = (Column){RESIDUAL, 6 * one + (int)kept[k].mask, 0};
        else {
            /* All points of the set must still be there. */
            uint64_t mask = (uint64_t)kept[k].mask, there = 0;
            for (int p = model->first[one]; p < model->first[one + 1]; p++)
                for (int q = model->pair[p].point; q < model->pair[p].point + model->pair[p].points; q++)
                    there |= (uint64_t)1 << model->bit[q];
            if ((mask & there) == mask)
                column[found++] = (Column){SET, one, mask};
        }
    }
    return found;
}

/* A basis at which all duals are what they were; 0 where there is none, and 2 where some column pays at them. */
int take_up(Simplex *simplex, const Kept *kept, int count, const Motion *motion, const int *origin, Column *column) {
    const Model *model = simplex->model;
    int n = model->n, most = 0, fresh = -1, right = 1;
    double *y = simplex->y;
    uint8_t *known = take((size_t)model->rows + 1);
    double *tried = take(sizeof(double) * (size_t)(model->rows + 1));
    Plane *plane = take(sizeof(Plane) * (size_t)(n + 1));
    for (int i = 0; i < n; i++)
        most = origin[i] > most ? origin[i] : most;
    for (int k = 0; k < count; k++) {
        most = kept[k].one > most ? (int)kept[k].one : most;
        most = kept[k].other > most ? (int)kept[k].other : most;
    }
    int *place = take(sizeof(int) * (size_t)(most + 1));
    if (!known || !plane || !place || !tried)
        return 0;
    memset(known, 0, (size_t)model->rows + 1);
    memset(place, -1, sizeof(int) * (size_t)(most + 1));
    for (int i = 0; i < n; i++) {
        const Motion *before = origin[i] >= 0 ? &motion[origin[i]] : NULL;
        if (before)
            place[origin[i]] = i;
        if (!model->standing[i])
            continue;
        if (!before || isnan(before->rise)) {
            if (fresh >= 0)
                return 0; /* one at a time */
            fresh = i;
            continue;
        }
        y[model->vertical[i]] = before->rise;
        set_joint(y, known, model->bottom[i], before->bottom);
        set_joint(y, known, model->top[i], before->top);
    }
    int found = find_columns(model, kept, count, place, column), best = -1;
    double *own = simplex->rho; /* any vector of its length: duals that are tried */
    brick_planes(model, y, plane);
    for (int p = 0; p < model->pairs && fresh >= 0; p++) {
        const Pair *pair = &model->pair[p];
        if (pair->upper != fresh && pair->lower != fresh)
            continue;
        memcpy(own, y, sizeof(double) * (size_t)model->rows);
        ride(model, own, known, plane, fresh, pair->upper == fresh ? pair->lower : pair->upper);
        simplex->y = own;
        right = priced(simplex, UNUSED);
        simplex->y = y;
        if (best < 0 || right) {
            memcpy(tried, own, sizeof(double) * (size_t)model->rows);
            best = p;
        }
        if (right)
            break;
    }
    if (best >= 0)
        memcpy(y, tried, sizeof(double) * (size_t)model->rows);
    sort_columns(model, column, found);
    if (!settle(simplex, column, found))
        return 0;
    hold_duals(simplex);
    return right ? 1 : 2;
}
