/* The matrix that the interior point method solves: what columns add to each other over the rows of the structure. */

#include "interior.h"

#include <string.h>

static void spread_out(const Model *model, const Pair *pair, Spread *to) {
    int up = pair->upper, low = pair->lower == GROUND ? model->n : pair->lower, k = 0;
    double on[2] = {model->cx[up], model->cy[up]}, by[2] = {model->cx[low], model->cy[low]};
    memset(to, 0, sizeof *to);
    double middle[2] = {(pair->low[0] + pair->high[0] + 1) / 2.0, (pair->low[1] + pair->high[1] + 1) / 2.0};
    to->x = middle[0], to->y = middle[1];
    for (int axis = 0; axis < 2; axis++)
        on[axis] -= middle[axis], by[axis] -= middle[axis];
    to->row[k] = model->vertical[up], to->part[k++][0] = 1.0;
    if (model->vertical[low] >= 0)
        to->row[k] = model->vertical[low], to->part[k++][0] = -1.0;
    for (int axis = 0; axis < 2; axis++) {
        if (model->bottom[up] >= 0)
            to->row[k] = model->bottom[up] + axis, to->part[k][0] = -on[axis] - by[axis], to->part[k++][1 + axis] = 2.0;
        to->row[k] = model->top[up] + axis, to->part[k][0] = on[axis], to->part[k++][1 + axis] = -1.0;
        if (model->bottom[low] >= 0)
            to->row[k] = model->bottom[low] + axis, to->part[k][0] = by[axis], to->part[k++][1 + axis] = -1.0;
    }
    to->count = k;
}

int first_point(const Model *model, int brick) {
    return model->first[brick] < model->first[brick + 1] ? model->pair[model->first[brick]].point : 0;
}

int last_point(const Model *model, int brick) {
    if (model->first[brick] == model->first[brick + 1])
        return first_point(model, brick); /* it hangs */
    const Pair *pair = &model->pair[model->first[brick + 1] - 1];
    return pair->point + pair->points;
}

/* Rows of each brick's block, and of each pair among them. */
int find_blocks(Interior *in) {
    const Model *model = in->model;
    Spread *spread = in->spread;
    int n = model->n, at = 0, slots = 0, most = 1;
    in->rows = take(sizeof(int) * (size_t)(n + 1));
    in->slots = take(sizeof(int) * (size_t)(n + 1));
    in->row = take(sizeof(int) * (size_t)(5 * n + 3 * model->pairs + 8));
    in->local = take(sizeof(int) * 8 * (size_t)(model->pairs + 1));
    if (!in->rows || !in->slots || !in->row || !in->local || !new_factor(&in->factor, model->rows))
        return 0;
    for (int i = 0; i < n; i++) {
        in->rows[i] = at;
        in->slots[i] = slots;
        int *row = in->row + at, count = 0;
        for (int f = 0; f < 2; f++) {
            int joint = f ? model->top[i] : model->bottom[i];
            if (joint >= 0)
                row[count++] = joint, row[count++] = joint + 1;
        }
        row[count++] = model->vertical[i];
        for (int p = model->first[i]; p < model->first[i + 1]; p++) {
            spread_out(model, &model->pair[p], &spread[p]);
            for (int r = 0; r < spread[p].count; r++) {
                int k = 0;
                while (k < count && row[k] != spread[p].row[r])
                    k++;
                if (k == count)
                    row[count++] = spread[p].row[r];
                in->local[8 * p + r] = k;
            }
        }
        meet(&in->factor, row, count);
        at += count;
        slots += count * (count + 1) / 2;
        most = count > most ? count : most;
    }
    in->rows[n] = at;
    in->slots[n] = slots;
    for (int s = 0; s < model->presses; s++) {
        int both[2] = {model->press[s].more, model->press[s].less};
        if (both[0] >= 0 && both[1] >= 0)
            meet(&in->factor, both, 2);
    }
    in->slot = take(sizeof(int) * (size_t)(slots + 1));
    in->block = take(sizeof(double) * (size_t)(most * most + most));
    if (!in->slot || !in->block || !arrange(&in->factor))
        return 0;
    for (int i = 0; i < n; i++) {
        int *row = in->row + in->rows[i], count = in->rows[i + 1] - in->rows[i], *to = in->slot + in->slots[i];
        for (int a = 0; a < count; a++)
            for (int b = 0; b <= a; b++)
                *to++ = in->factor.slot[row[a] * model->rows + row[b]];
    }
    return 1;
}

/* What columns earn at duals y. */
FAST void earnings(Interior *in, const double *y) {
    const Model *model = in->model;
    double *restrict to = in->earn, *restrict pulls = in->earn_pull;
    planes(model, y, in->plane);
    for (int p = 0; p < model->pairs; p++) {
        Plane plane = in->plane[p];
        const Wide *x = (const Wide *)(model->corner_x + 8 * p), *z = (const Wide *)(model->corner_y + 8 * p);
        Wide *corner = (Wide *)(to + 8 * p);
        corner[0] = plane.at + plane.x * x[0] + plane.y * z[0];
        corner[1] = plane.at + plane.x * x[1] + plane.y * z[1];
        int end = model->pair[p].point + model->pair[p].points;
        for (int q = model->pair[p].point; q < end; q++)
            pulls[q] = -plane.at - plane.x * model->point_x[q] - plane.y * model->point_y[q];
    }
    for (int s = 0; s < model->presses; s++) {
        Press press = model->press[s];
        to[in->presses + s] = (press.more < 0 ? 0.0 : y[press.more]) - (press.less < 0 ? 0.0 : y[press.less]);
    }
    for (int i = 0; i < model->n; i++) {
        Plane motion = in->plane[model->pairs + i];
        double *own = to + in->residuals + 6 * i, worth[3] = {y[model->vertical[i]], motion.x, motion.y};
        for (int k = 0; k < 3; k++)
            own[2 * k] = worth[k], own[2 * k + 1] = -worth[k];
    }
}

/* Takes what forces add to the rows from `left`. */
FAST void subtract(const Interior *in, const double *x, const double *pull, double *left) {
    const Model *model = in->model;
    for (int p = 0; p < model->pairs; p++) {
        const Spread *to = &in->spread[p];
        double force = 0.0, along = 0.0, across = 0.0;
        const double *cx = model->corner_x + 8 * p, *cy = model->corner_y + 8 * p, *own = x + 8 * p;
        for (int c = 0; c < 8; c++)
            force += own[c], along += own[c] * (cx[c] - to->x), across += own[c] * (cy[c] - to->y);
        int end = model->pair[p].point + model->pair[p].points;
        for (int q = model->pair[p].point; q < end; q++) {
            force -= pull[q];
            along -= pull[q] * (model->point_x[q] - to->x);
            across -= pull[q] * (model->point_y[q] - to->y);
        }
        for (int r = 0; r < to->count; r++)
            left[to->row[r]] -= force * to->part[r][0] + along * to->part[r][1] + across * to->part[r][2];
    }
    for (int s = 0; s < model->presses; s++) {
        Press press = model->press[s];
        if (press.more >= 0)
            left[press.more] -= x[in->presses + s];
        if (press.less >= 0)
            left[press.less] += x[in->presses + s];
    }
    for (int i = 0; i < model->n; i++) {
        const double *own = x + in->residuals + 6 * i;
        left[model->vertical[i]] -= own[0] - own[1];
        for (int axis = 0; axis < 2; axis++) {
            double torque = own[2 + 2 * axis] - own[3 + 2 * axis];
            if (model->bottom[i] >= 0)
                left[model->bottom[i] + axis] -= torque;
            left[model->top[i] + axis] += torque;
        }
    }
}

FAST static void add_block(Interior *in, int brick) {
    const Model *model = in->model;
    const Spread *spread = in->spread;
    int count = in->rows[brick + 1] - in->rows[brick];
    double *restrict block = in->block, *restrict line = block + count * count;
    memset(block, 0, sizeof(double) * (size_t)(count * count + count));
    for (int p = model->first[brick]; p < model->first[brick + 1]; p++) {
        const double *cx = model->corner_x + 8 * p, *cy = model->corner_y + 8 * p, *ratio = in->ratio + 8 * p;
        const int *local = in->local + 8 * p;
        double g[6] = {0.0}, h[3] = {0.0};
        for (int c = 0; c < 8; c++) {
            double x = cx[c] - spread[p].x, y = cy[c] - spread[p].y, d = ratio[c], dx = d * x, dy = d * y;
            g[0] += d, g[1] += dx, g[2] += dy, g[3] += dx * x, g[4] += dx * y, g[5] += dy * y;
        }
        int end = model->pair[p].point + model->pair[p].points;
        for (int q = model->pair[p].point; q < end; q++) {
            double x = model->point_x[q] - spread[p].x, y = model->point_y[q] - spread[p].y, s = in->share[q];
            double d = in->ratio_pull[q] * (1.0 - s), dx = d * x, dy = d * y;
            g[0] += d, g[1] += dx, g[2] += dy, g[3] += dx * x, g[4] += dx * y, g[5] += dy * y;
            h[0] -= s, h[1] -= s * x, h[2] -= s * y;
        }
        for (int r = 0; r < spread[p].count; r++) {
            const double *part = spread[p].part[r];
            double a = g[0] * part[0] + g[1] * part[1] + g[2] * part[2];
            double b = g[1] * part[0] + g[3] * part[1] + g[4] * part[2];
            double c = g[2] * part[0] + g[4] * part[1] + g[5] * part[2];
            double *to = block + local[r] * count;
            for (int o = 0; o < spread[p].count; o++)
                to[local[o]] += a * spread[p].part[o][0] + b * spread[p].part[o][1] + c * spread[p].part[o][2];
            line[local[r]] += h[0] * part[0] + h[1] * part[1] + h[2] * part[2];
        }
    }
    double part = 1.0 / in->kappa[brick];
    const int *slot = in->slot + in->slots[brick];
    double *value = in->factor.value;
    for (int a = 0; a < count; a++) {
        double by = part * line[a];
        for (int b = 0; b <= a; b++)
            value[*slot++] += block[a * count + b] + by * line[b];
    }
}

static void add_meeting(Factor *factor, int more, int less, double value) {
    if (more >= 0)
        factor->value[factor->slot[more * factor->rows + more]] += value;
    if (less >= 0)
        factor->value[factor->slot[less * factor->rows + less]] += value;
    if (more >= 0 && less >= 0)
        factor->value[factor->slot[more * factor->rows + less]] -= value;
}

void assemble(Interior *in) {
    const Model *model = in->model;
    Factor *factor = &in->factor;
    memset(factor->value, 0, sizeof(double) * (size_t)(factor->at[factor->rows] + factor->rows));
    for (int i = 0; i < model->n; i++) {
        add_block(in, i);
        const double *ratio = in->ratio + in->residuals + 6 * i;
        add_meeting(factor, model->vertical[i], NO_ROW, ratio[0] + ratio[1]);
        for (int axis = 0; axis < 2; axis++)
            add_meeting(factor, model->top[i] + axis, model->bottom[i] < 0 ? NO_ROW : model->bottom[i] + axis,
                        ratio[2 + 2 * axis] + ratio[3 + 2 * axis]);
    }
    for (int s = 0; s < model->presses; s++)
        add_meeting(factor, model->press[s].more, model->press[s].less, in->ratio[in->presses + s]);
}

