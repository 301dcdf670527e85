/* Columns of the program: their entries, costs, and what they earn at given duals. */

#include "paper.h"

#include <string.h>

/* A lift of `force` at a place whose levers, times the force, are given: the upper brick rises, the lower sinks. */
static int lift(const Model *model, const Pair *pair, double force, double x, double y, int *row, double *value) {
    int count = 0, up = pair->upper, low = pair->lower == GROUND ? model->n : pair->lower;
    double lever[2] = {x - force * model->cx[up], y - force * model->cy[up]};
    double other[2] = {x - force * model->cx[low], y - force * model->cy[low]};
    row[count] = model->vertical[up], value[count++] = force;
    if (model->vertical[low] >= 0)
        row[count] = model->vertical[low], value[count++] = -force;
    for (int axis = 0; axis < 2; axis++) {
        if (model->bottom[up] >= 0)
            row[count] = model->bottom[up] + axis, value[count++] = lever[axis] + other[axis];
        row[count] = model->top[up] + axis, value[count++] = -lever[axis];
        if (model->bottom[low] >= 0)
            row[count] = model->bottom[low] + axis, value[count++] = -other[axis];
    }
    return count;
}

static int residual(const Model *model, int which, int *row, double *value) {
    int brick = which / 6, direction = which % 6, axis = direction / 2 - 1, count = 0;
    double sign = direction % 2 ? -1.0 : 1.0;
    if (axis < 0) {
        row[0] = model->vertical[brick], value[0] = sign;
        return 1;
    }
    if (model->bottom[brick] >= 0)
        row[count] = model->bottom[brick] + axis, value[count++] = sign;
    row[count] = model->top[brick] + axis, value[count++] = -sign;
    return count;
}

/* Rows may come more than once. */
int entries(const Model *model, Column column, int *row, double *value) {
    int count = 0;
    switch (column.kind) {
    case SUPPORT: {
        int c = column.which;
        return lift(model, &model->pair[c >> 3], 1.0, model->corner_x[c], model->corner_y[c], row, value);
    }
    case PRESS: {
        Press press = model->press[column.which];
        if (press.more >= 0)
            row[count] = press.more, value[count++] = 1.0;
        if (press.less >= 0)
            row[count] = press.less, value[count++] = -1.0;
        return count;
    }
    case RESIDUAL:
        return residual(model, column.which, row, value);
    case SET: {
        for (int p = model->first[column.which]; p < model->first[column.which + 1]; p++) {
            const Pair *pair = &model->pair[p];
            double force = 0.0, x = 0.0, y = 0.0;
            for (int q = pair->point; q < pair->point + pair->points; q++)
                if (column.mask >> model->bit[q] & 1)
                    force -= 1.0, x -= model->point_x[q], y -= model->point_y[q];
            if (force != 0.0)
                count += lift(model, pair, force, x, y, row + count, value + count);
        }
        return count;
    }
    default:
        row[0] = column.which, value[0] = 1.0;
        return 1;
    }
}

double column_cost(const Model *model, Column column, int plain) {
    if (column.kind == RESIDUAL)
        return (column.which % 6 < 2 ? COST_FORCE : COST_TORQUE) * (plain ? 1.0 : model->dear[column.which / 6]);
    if (column.kind != SET)
        return 0.0;
    int size = 0;
    for (uint64_t rest = column.mask; rest; rest &= rest - 1)
        size++;
    return (COST_SET + COST_PULL * size) * (plain ? 1.0 : model->dear[column.which]);
}

double worth_of(const Model *model, Column column, const double *y) {
    int row[MOST_ENTRIES];
    double value[MOST_ENTRIES], sum = 0.0;
    int count = entries(model, column, row, value);
    for (int k = 0; k < count; k++)
        sum += value[k] * y[row[k]];
    return sum;
}

/* The plane of each brick's motion at duals y; the last is the baseplate's. */
void brick_planes(const Model *model, const double *y, Plane *plane) {
    int n = model->n;
    for (int i = 0; i < n; i++) {
        if (!model->standing[i]) {
            plane[i] = (Plane){0.0, 0.0, 0.0};
            continue;
        }
        int bottom = model->bottom[i], top = model->top[i];
        double sx = -y[top], sy = -y[top + 1];
        if (bottom >= 0)
            sx += y[bottom], sy += y[bottom + 1];
        plane[i] = (Plane){y[model->vertical[i]] - sx * model->cx[i] - sy * model->cy[i], sx, sy};
    }
    plane[n] = (Plane){0.0, 0.0, 0.0};
}

/* What a unit support would earn between the bricks of each pair. */
void planes(const Model *model, const double *y, Plane *plane) {
    Plane *brick = plane + model->pairs;
    brick_planes(model, y, brick);
    for (int p = 0; p < model->pairs; p++) {
        int low = model->pair[p].lower;
        Plane up = brick[model->pair[p].upper], down = brick[low == GROUND ? model->n : low];
        plane[p] = (Plane){up.at - down.at, up.x - down.x, up.y - down.y};
    }
}

static int height(const Model *model, Column column) {
    int brick = column.kind == SUPPORT    ? model->pair[column.which >> 3].upper
                : column.kind == PRESS    ? model->press_on[column.which]
                : column.kind == RESIDUAL ? column.which / 6
                                          : column.which;
    return (int)model->box[5 * brick + 4];
}

/* Columns of the lowest bricks first, as the product form wants them. */
void sort_columns(const Model *model, Column *column, int count) {
    int layers = model->n ? (int)model->box[5 * model->order[model->n - 1] + 4] + 1 : 1, *at;
    Column *before = take(sizeof(Column) * (size_t)(count + 1));
    at = take(sizeof(int) * (size_t)(layers + 1));
    if (!before || !at)
        return; /* in another order they do as well */
    memcpy(before, column, sizeof(Column) * (size_t)count);
    memset(at, 0, sizeof(int) * (size_t)(layers + 1));
    for (int k = 0; k < count; k++)
        at[height(model, before[k]) + 1]++;
    for (int z = 0; z < layers; z++)
        at[z + 1] += at[z];
    for (int k = 0; k < count; k++)
        column[at[height(model, before[k])]++] = before[k];
}
