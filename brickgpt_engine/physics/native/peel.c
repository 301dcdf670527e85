/* Bricks that stand on one other alone and carry none but such: their forces are a program of three rows each.

   From the top down every one hands its load to what it stands on, and is gone; what is left, the core, is a structure
   like any other but for these loads. At the optimum of the core each of these bricks moves with what it stands on, and
   none of its columns pays that did not before, but for an imbalance of its own where what is below falls. So the two
   optima make a basis of the whole, which is the optimum or close to it. */

#include "paper.h"

#include <math.h>
#include <string.h>

#define ENTRY 1e-9

/* Pivots of one brick's program, of which few take more than ten. */
enum { MOST_PIVOTS = 40 };

/* What a column adds to a brick's three rows. */
static void own_part(const Model *model, const Leaf *leaf, Column column, double part[3]) {
    int row[MOST_ENTRIES], count;
    double value[MOST_ENTRIES];
    part[0] = part[1] = part[2] = 0.0;
    count = entries(model, column, row, value);
    for (int k = 0; k < count; k++)
        for (int r = 0; r < 3; r++)
            if (row[k] == leaf->row[r])
                part[r] += value[k];
}

/* The column that earns most for its size at these duals of the three rows; 0 where none pays. */
static int offer(const Model *model, const Leaf *leaf, const double y[3], Column *best) {
    int i = leaf->brick, p = model->first[i], size = 1;
    const Pair *pair = &model->pair[p];
    double dear = model->dear[i], earned = -COST_SET * dear, most = PAYS;
    Plane plane = {y[0] + y[1] * model->cx[i] + y[2] * model->cy[i], -y[1], -y[2]};
    uint64_t mask = 0;
    for (int c = 8 * p; c < 8 * p + pair->corners; c++) {
        double worth = at_place(plane, model->corner_x[c], model->corner_y[c]) / 2.0;
        if (worth > most)
            most = worth, *best = (Column){SUPPORT, c, 0};
    }
    for (int q = pair->point; q < pair->point + pair->points; q++) {
        double over = -at_place(plane, model->point_x[q], model->point_y[q]) - COST_PULL * dear;
        if (over > 0.0)
            earned += over, size++, mask |= (uint64_t)1 << model->bit[q];
    }
    if (earned / size > most)
        most = earned / size, *best = (Column){SET, i, mask};
    return most > PAYS;
}

/* The optimum of one brick's program by the primal simplex, which leaves nothing unbalanced; 0 where there is none. It
   begins with all of the load left, and no imbalance comes back. `x` are its forces. */
static int perch(const Model *model, Leaf *leaf, const double *load, double x[3]) {
    double(*inverse)[3] = leaf->inverse, cost[3], y[3], part[3], alpha[3];
    int i = leaf->brick, left = 3;
    memset(inverse, 0, sizeof leaf->inverse);
    for (int r = 0; r < 3; r++) {
        /* An imbalance forward takes from the joint above. */
        double sign = load[leaf->row[r]] < 0.0 ? -1.0 : 1.0;
        int back = r == 0 ? sign < 0.0 : sign > 0.0;
        leaf->column[r] = (Column){RESIDUAL, 6 * i + 2 * r + back, 0};
        cost[r] = column_cost(model, leaf->column[r], 0);
        inverse[r][r] = sign;
        x[r] = sign * load[leaf->row[r]];
    }
    for (int pivot = 0; pivot < MOST_PIVOTS; pivot++) {
        Column enters;
        int leaves = -1;
        for (int r = 0; r < 3; r++)
            y[r] = cost[0] * inverse[0][r] + cost[1] * inverse[1][r] + cost[2] * inverse[2][r];
        if (!offer(model, leaf, y, &enters))
            return left == 0;
        own_part(model, leaf, enters, part);
        for (int c = 0; c < 3; c++)
            alpha[c] = inverse[c][0] * part[0] + inverse[c][1] * part[1] + inverse[c][2] * part[2];
        for (int c = 0; c < 3; c++) {
            if (alpha[c] <= ENTRY)
                continue;
            double apart = leaves < 0 ? -1.0 : x[c] * alpha[leaves] - x[leaves] * alpha[c];
            if (apart < 0.0 || (apart == 0.0 && leaf->column[c].kind == RESIDUAL))
                leaves = c;
        }
        if (leaves < 0)
            return 0;
        left -= leaf->column[leaves].kind == RESIDUAL;
        leaf->column[leaves] = enters;
        cost[leaves] = column_cost(model, enters, 0);
        x[leaves] /= alpha[leaves];
        for (int r = 0; r < 3; r++)
            inverse[leaves][r] /= alpha[leaves];
        for (int c = 0; c < 3; c++) {
            if (c == leaves)
                continue;
            x[c] = x[c] > alpha[c] * x[leaves] ? x[c] - alpha[c] * x[leaves] : 0.0;
            for (int r = 0; r < 3; r++)
                inverse[c][r] -= alpha[c] * inverse[leaves][r];
        }
    }
    return 0;
}

/* What a brick stands on has its load now: `load` (rows), and of bricks their `weight` and how far it `leans`. */
static void hand_on(const Model *model, const Leaf *leaf, const double x[3], double *load, double *weight, double *lean) {
    int row[MOST_ENTRIES], i = leaf->brick, low = model->pair[model->first[i]].lower;
    double value[MOST_ENTRIES];
    for (int c = 0; c < 3; c++) {
        int count = entries(model, leaf->column[c], row, value);
        for (int k = 0; k < count; k++)
            load[row[k]] -= value[k] * x[c];
    }
    if (low == GROUND)
        return;
    /* As it leaves nothing unbalanced, all it hands on presses below its middle, or where its own load leans to. */
    weight[low] += weight[i];
    lean[2 * low] += lean[2 * i] + weight[i] * (model->cx[i] - model->cx[low]);
    lean[2 * low + 1] += lean[2 * i + 1] + weight[i] * (model->cy[i] - model->cy[low]);
}

/* Takes off what can be, highest first: `gone` (n), loads as above. A brick with one on it that may lean against a
   neighbour stays. */
static void take_off(Peeled *peeled, const Model *model, uint8_t *gone, double *load, double *weight, double *lean,
                     int *above, uint8_t *pressed) {
    memset(above, 0, sizeof(int) * (size_t)(model->n + 1));
    memset(pressed, 0, (size_t)(model->rows + 1));
    for (int p = 0; p < model->pairs; p++)
        above[model->pair[p].lower == GROUND ? model->n : model->pair[p].lower]++;
    for (int s = 0; s < model->presses; s++) {
        Press press = model->press[s];
        if (press.more >= 0)
            pressed[press.more] = 1;
        if (press.less >= 0)
            pressed[press.less] = 1;
    }
    for (int k = model->n - 1; k >= 0; k--) {
        int i = model->order[k], p = model->first[i];
        if (above[i] || model->first[i + 1] != p + 1 || !model->standing[i])
            continue;
        if (pressed[model->top[i]] || pressed[model->top[i] + 1])
            continue;
        Leaf *leaf = &peeled->leaf[peeled->count];
        double x[3];
        *leaf = (Leaf){.brick = i, .row = {model->vertical[i], model->top[i], model->top[i] + 1}};
        if (!perch(model, leaf, load, x))
            continue;
        hand_on(model, leaf, x, load, weight, lean);
        peeled->count++;
        gone[i] = 1;
        above[model->pair[p].lower == GROUND ? model->n : model->pair[p].lower]--;
    }
}

/* Rows of what is gone are, too: `row` (rows) is where the others are in the core. */
static void core_rows(Peeled *peeled, const Model *model, const double *load, int *row) {
    Model *core = &peeled->core;
    memset(row, 0, sizeof(int) * (size_t)(model->rows + 1));
    for (int k = 0; k < peeled->count; k++)
        for (int r = 0; r < 3; r++)
            row[peeled->leaf[k].row[r]] = NO_ROW;
    core->rows = 0;
    for (int r = 0; r < model->rows; r++)
        if (row[r] != NO_ROW) {
            core->load[core->rows] = load[r];
            peeled->row[core->rows] = r;
            row[r] = core->rows++;
        }
}

static int moved(const int *row, int from) { return from < 0 ? from : row[from]; }

static void core_bricks(Peeled *peeled, const Model *model, const int *row, const int *place, const double *weight,
                        const double *lean) {
    Model *core = &peeled->core;
    int64_t *box = peeled->box;
    double *heavy = peeled->weight, *dear = peeled->dear, *leans = peeled->lean;
    core->pairs = core->points = core->n = 0;
    for (int i = 0; i < model->n; i++) {
        if (place[i] < 0)
            continue;
        int at = core->n++;
        peeled->brick[at] = i;
        memcpy(box + 5 * at, model->box + 5 * i, 5 * sizeof *box);
        heavy[at] = weight[i], dear[at] = model->dear[i];
        leans[2 * at] = lean[2 * i], leans[2 * at + 1] = lean[2 * i + 1];
        core->cx[at] = model->cx[i], core->cy[at] = model->cy[i];
        core->standing[at] = model->standing[i];
        core->vertical[at] = moved(row, model->vertical[i]);
        core->bottom[at] = moved(row, model->bottom[i]);
        core->top[at] = moved(row, model->top[i]);
        core->joint_bottom[at] = model->joint_bottom[i];
        core->joint_top[at] = model->joint_top[i];
        core->first[at] = core->pairs;
        for (int p = model->first[i]; p < model->first[i + 1]; p++) {
            int to = core->pairs++;
            Pair *pair = &core->pair[to];
            peeled->pair[to] = p;
            *pair = model->pair[p];
            memcpy(core->corner_x + 8 * to, model->corner_x + 8 * p, 8 * sizeof(double));
            memcpy(core->corner_y + 8 * to, model->corner_y + 8 * p, 8 * sizeof(double));
            memcpy(core->point_x + core->points, model->point_x + pair->point, sizeof(double) * (size_t)pair->points);
            memcpy(core->point_y + core->points, model->point_y + pair->point, sizeof(double) * (size_t)pair->points);
            memcpy(core->bit + core->points, model->bit + pair->point, (size_t)pair->points);
            pair->upper = at;
            pair->lower = pair->lower == GROUND ? GROUND : place[pair->lower];
            pair->point = core->points;
            core->points += pair->points;
        }
    }
    int n = core->n;
    core->first[n] = core->pairs;
    core->cx[n] = core->cy[n] = 0.0;
    core->vertical[n] = core->bottom[n] = core->top[n] = NO_ROW;
    for (int k = 0, at = 0; k < model->n; k++)
        if (place[model->order[k]] >= 0)
            core->order[at++] = place[model->order[k]];
}

/* All presses: those of a brick that is gone are at the joint below it, so what it stands on is left. Of the bricks that
   they are between only one is asked for, to sort columns by. */
static void core_presses(Peeled *peeled, const Model *model, const int *row, const int *place) {
    Model *core = &peeled->core;
    core->presses = model->presses;
    for (int s = 0; s < model->presses; s++) {
        Press press = model->press[s];
        int on = model->press_on[s];
        on = place[on] >= 0 ? on : model->pair[model->first[on]].lower;
        core->press[s] = (Press){moved(row, press.more), moved(row, press.less)};
        core->press_on[s] = place[on];
    }
}

static int make_room(Peeled *peeled, const Model *model) {
    Model *core = &peeled->core;
    size_t n = (size_t)model->n + 1, pairs = (size_t)model->pairs + 1, points = (size_t)model->points + 1;
    size_t presses = (size_t)model->presses + 1, rows = (size_t)model->rows + 1;
    core->box = peeled->box = take(5 * sizeof(int64_t) * n);
    core->weight = peeled->weight = take(sizeof(double) * n);
    core->dear = peeled->dear = take(sizeof(double) * n);
    core->lean = peeled->lean = take(2 * sizeof(double) * n);
    core->pair = take(sizeof(Pair) * pairs);
    core->corner_x = take(8 * sizeof(double) * pairs);
    core->corner_y = take(8 * sizeof(double) * pairs);
    core->point_x = take(sizeof(double) * points);
    core->point_y = take(sizeof(double) * points);
    core->bit = take(points);
    core->cx = take(sizeof(double) * n);
    core->cy = take(sizeof(double) * n);
    core->standing = take(n);
    core->press = take(sizeof(Press) * presses);
    core->load = take(sizeof(double) * rows);
    int **of_bricks[] = {&core->first, &core->order, &core->vertical, &core->bottom, &core->top, &core->joint_bottom,
                         &core->joint_top, &peeled->brick};
    int good = core->box && core->weight && core->dear && core->lean && core->pair && core->corner_x &&
               core->corner_y && core->point_x && core->point_y && core->bit && core->cx && core->cy &&
               core->standing && core->press && core->load;
    for (size_t k = 0; k < sizeof of_bricks / sizeof *of_bricks; k++)
        good = (*of_bricks[k] = take(sizeof(int) * n)) && good;
    core->press_on = take(sizeof(int) * presses);
    peeled->pair = take(sizeof(int) * pairs);
    peeled->row = take(sizeof(int) * rows);
    core->joints = model->joints;
    return good && core->press_on && peeled->pair && peeled->row;
}

/* What can be taken off, and the core; 0 without memory. */
int peel(Peeled *peeled, const Model *model) {
    int n = model->n, left = 0;
    *peeled = (Peeled){.count = 0};
    peeled->leaf = take(sizeof(Leaf) * (size_t)(n + 1));
    uint8_t *gone = take((size_t)(n + 1));
    int *place = take(sizeof(int) * (size_t)(n + 1)), *row = take(sizeof(int) * (size_t)(model->rows + 1));
    double *load = take(sizeof(double) * (size_t)(model->rows + 1)), *weight = take(sizeof(double) * (size_t)(n + 1));
    double *lean = take(2 * sizeof(double) * (size_t)(n + 1));
    uint8_t *pressed = take((size_t)(model->rows + 1));
    if (!peeled->leaf || !gone || !place || !row || !load || !weight || !lean || !pressed)
        return 0;
    memset(gone, 0, (size_t)n);
    memset(lean, 0, 2 * sizeof(double) * (size_t)(n + 1));
    memcpy(load, model->load, sizeof(double) * (size_t)model->rows);
    memcpy(weight, model->weight, sizeof(double) * (size_t)n);
    take_off(peeled, model, gone, load, weight, lean, place, pressed);
    if (!peeled->count)
        return 1;
    if (!make_room(peeled, model))
        return 0;
    for (int i = 0; i < n; i++)
        place[i] = gone[i] ? -1 : left++;
    core_rows(peeled, model, load, row);
    core_bricks(peeled, model, row, place, weight, lean);
    core_presses(peeled, model, row, place);
    return 1;
}
