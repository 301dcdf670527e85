/* The published optimum of one structure, with its proof. */

#include "paper.h"

#include <math.h>
#include <string.h>

/* Presses up to this are dust, centinewtons. */
#define PRESSED 1e-8

/* Whether what presses against a joint of what floats adds up to nothing. */
static int leans(const Simplex *simplex) {
    const Model *model = simplex->model;
    int some = 0;
    for (int i = 0; i < model->n; i++)
        some |= !model->standing[i];
    if (!some || !model->presses)
        return 0;
    double *net = take(sizeof(double) * 2 * (size_t)model->joints);
    if (!net)
        return 1;
    memset(net, 0, sizeof(double) * 2 * (size_t)model->joints);
    for (int p = 0; p < simplex->m; p++) {
        if (simplex->basic[p].kind != PRESS)
            continue;
        int s = simplex->basic[p].which;
        net[model->press_second[s]] += simplex->x[p];
        net[model->press_first[s]] -= simplex->x[p];
    }
    for (int i = 0; i < model->n; i++)
        for (int axis = 0; axis < 2 && !model->standing[i]; axis++)
            if (fabs(net[2 * model->joint_bottom[i] + axis]) > PRESSED ||
                fabs(net[2 * model->joint_top[i] + axis]) > PRESSED)
                return 1;
    return 0;
}

/* Forces in newtons and stud pitches: pulls at points, then the objective, each brick's largest pull, and what it
   leaves unbalanced upwards and along x and y. `hold` is the brick that each one's largest pull holds to. */
static void read_out(const Simplex *simplex, double *pull, double *rest, int32_t *hold) {
    const Model *model = simplex->model;
    int n = model->n;
    double *largest = rest + 1, *left = rest + 1 + n, sum = 0.0;
    memset(pull, 0, sizeof(double) * (size_t)model->points);
    memset(rest, 0, sizeof(double) * (size_t)(4 * n + 1));
    for (int i = 0; i < n; i++)
        hold[i] = GROUND;
    for (int p = 0; p < simplex->m; p++) {
        Column column = simplex->basic[p];
        double x = simplex->x[p] > 0.0 ? simplex->x[p] / FORCE : 0.0;
        if (column.kind != SLACK)
            sum += simplex->cost[p] * x;
        if (column.kind == RESIDUAL) {
            int direction = column.which % 6;
            left[3 * (column.which / 6) + direction / 2] += direction % 2 ? -x : x;
        } else if (column.kind == SET) {
            for (int k = model->first[column.which]; k < model->first[column.which + 1]; k++)
                for (int q = model->pair[k].point; q < model->pair[k].point + model->pair[k].points; q++)
                    if (column.mask >> model->bit[q] & 1)
                        pull[q] += x;
        }
    }
    rest[0] = sum / COST;
    for (int p = 0; p < model->pairs; p++) {
        const Pair *pair = &model->pair[p];
        for (int q = pair->point; q < pair->point + pair->points; q++)
            if (pull[q] > largest[pair->upper])
                largest[pair->upper] = pull[q], hold[pair->upper] = pair->lower;
    }
    for (int i = 0; i < n; i++)
        if (!model->standing[i]) {
            left[3 * i] = model->weight[i];
            rest[0] += model->weight[i];
        }
}

#ifndef DIGEST
#define DIGEST ""
#endif

const char *brickgpt_digest(void) { return DIGEST; }

static int fits(int n, const int64_t *box) {
    for (int i = 0; i < n; i++)
        if (box[5 * i] * box[5 * i + 1] * 4 > MOST_POINTS)
            return 0;
    return 1;
}

/* mine: from brickgpt_workspace, for one thread. way: as told at climb_core. box (n, 5) h, w, x, y, z; weight (n)
   newtons; dear (n) what costs are multiplied by for the tie-break; grid (dim, dim, dim) owners of cells. Out: standing
   (n); pull (points); rest (4 n + 1) and hold (n) as told at read_out; counts: points, pivots, basic columns. `kept` and
   `motion` are what the last structure left, or the count of kept columns is -1; `origin` (n) the place of each brick in
   it, -1 for a new one. `kept_now` (5 n + 1) and `motion_now` (n) take what this one leaves. Answers OPTIMAL, or why
   there is none. */
int brickgpt_paper(void *mine, int way, int n, const int64_t *box, const double *weight, const double *dear,
                   const int32_t *grid, int dim, int most_points, uint8_t *standing, double *pull, double *rest,
                   int32_t *hold, int32_t *counts, const Kept *kept, int kept_count, const Motion *motion,
                   const int *origin, Kept *kept_now, Motion *motion_now) {
    Model model = {.n = n, .box = box, .weight = weight, .dear = dear};
    Simplex simplex;
    start_over(mine);
    if (!fits(n, box))
        return TOO_LARGE;
    if (!build_model(&model, grid, dim))
        return NO_MEMORY;
    counts[0] = model.points;
    counts[1] = counts[2] = 0;
    if (model.far)
        return FAR;
    if (model.points > most_points || !new_simplex(&simplex, &model))
        return NO_MEMORY;
    int ending = kept_count < 0 ? begin_afresh(&simplex, way)
                                : go_on_from(&simplex, &model, kept, kept_count, motion, origin);
    counts[1] = simplex.pivots;
    if (ending != OPTIMAL)
        return ending;
    counts[2] = keep(&simplex, kept_now, motion_now);
    ending = settle_costs(&simplex);
    counts[1] = simplex.pivots;
    if (ending != OPTIMAL)
        return ending;
    if (leans(&simplex))
        return LEANS;
    memcpy(standing, model.standing, (size_t)n);
    read_out(&simplex, pull, rest, hold);
    return OPTIMAL;
}
