/* The primal simplex: from forces that are balanced, columns that earn more than they cost enter one by one.

   It is for the few pivots that are left when costs change a little: the dual simplex ends at the tie-break's
   share of costs, and where that is not the published optimum a smaller share is tried from there. */

#include "paper.h"

#include <math.h>
#include <string.h>

#define ENTRY 1e-9

static void offer(Column *best, double *most, Column column, double earned, double size) {
    /* What a column earns counts by its length, or the largest sets would always come first. */
    if (earned > PAYS && earned / size > *most) {
        *most = earned / size;
        *best = column;
    }
}

static void offer_set(const Model *model, const Plane *plane, int brick, Column *best, double *most) {
    double dear = model->dear[brick], earned = -COST_SET * dear;
    int size = 1;
    uint64_t mask = 0;
    for (int p = model->first[brick]; p < model->first[brick + 1]; p++) {
        const Pair *pair = &model->pair[p];
        for (int q = pair->point; q < pair->point + pair->points; q++) {
            double over = -at_place(plane[p], model->point_x[q], model->point_y[q]) - COST_PULL * dear;
            if (over > 0.0)
                earned += over, size++, mask |= (uint64_t)1 << model->bit[q];
        }
    }
    offer(best, most, (Column){SET, brick, mask}, earned, size);
}

/* The column that earns most for its size; what it earns is 0 where none pays. */
static double entering(const Simplex *simplex, Plane *plane, Column *best) {
    const Model *model = simplex->model;
    const double *y = simplex->y;
    double most = 0.0;
    planes(model, y, plane);
    for (int p = 0; p < model->pairs; p++)
        for (int c = 8 * p; c < 8 * p + model->pair[p].corners; c++)
            offer(best, &most, (Column){SUPPORT, c, 0}, at_place(plane[p], model->corner_x[c], model->corner_y[c]), 2.0);
    for (int s = 0; s < model->presses; s++) {
        Press press = model->press[s];
        double earned = (press.more < 0 ? 0.0 : y[press.more]) - (press.less < 0 ? 0.0 : y[press.less]);
        offer(best, &most, (Column){PRESS, s, 0}, earned, 1.5);
    }
    for (int i = 0; i < model->n; i++) {
        if (!model->standing[i])
            continue;
        Plane motion = plane[model->pairs + i];
        double worth[3] = {y[model->vertical[i]], motion.x, motion.y};
        for (int k = 0; k < 3; k++) {
            double cost = model->dear[i] * (k ? COST_TORQUE : COST_FORCE);
            offer(best, &most, (Column){RESIDUAL, 6 * i + 2 * k + (worth[k] < 0.0), 0}, fabs(worth[k]) - cost, 1.0);
        }
        offer_set(model, plane, i, best, &most);
    }
    return most;
}

/* The position that is the first to reach zero, of those within a tolerance the one with the largest entry; a slack
   must stay at zero, so it leaves at once. -1 for none. */
static int leaving(const Simplex *simplex) {
    double limit = 1e300, most = 0.0;
    int best = -1;
    for (int p = 0; p < simplex->m; p++) {
        double x = simplex->x[p] > 0.0 ? simplex->x[p] : 0.0, entry = simplex->alpha[p];
        if (simplex->basic[p].kind == SLACK)
            entry = fabs(entry), x = 0.0;
        if (entry > ENTRY && (x + FEASIBLE) / entry < limit)
            limit = (x + FEASIBLE) / entry;
    }
    for (int p = 0; p < simplex->m; p++) {
        double x = simplex->x[p] > 0.0 ? simplex->x[p] : 0.0, entry = simplex->alpha[p];
        if (simplex->basic[p].kind == SLACK)
            entry = fabs(entry), x = 0.0;
        if (entry > ENTRY && x <= limit * entry && entry > most)
            most = entry, best = p;
    }
    return best;
}

int climb_primal(Simplex *simplex) {
    const Model *model = simplex->model;
    int m = simplex->m, limit = simplex->pivots + 4 * m + 100;
    Plane *plane = take(sizeof(Plane) * (size_t)(model->pairs + model->n + 1));
    if (!plane)
        return NO_MEMORY;
    while (simplex->pivots < limit) {
        Column enters = {SLACK, 0, 0};
        if (full(simplex)) {
            if (!begin_again(simplex))
                return NOT_FOUND;
            let_duals_go(simplex);
            solve_y(simplex);
        }
        if (entering(simplex, plane, &enters) <= 0.0)
            return OPTIMAL;
        double reduced = column_cost(model, enters, 0) - worth_of(model, enters, simplex->y);
        image(simplex, enters, simplex->alpha);
        int position = leaving(simplex);
        if (position < 0)
            return NOT_FOUND;
        double pivot = simplex->alpha[position], by = simplex->x[position] / pivot;
        line_of(simplex, position, simplex->rho);
        for (int p = 0; p < m; p++)
            simplex->x[p] -= by * simplex->alpha[p];
        simplex->x[position] = by;
        for (int i = 0; i < m; i++)
            simplex->y[i] += reduced / pivot * simplex->rho[i];
        if (!exchange(simplex, position, enters))
            return NO_MEMORY;
    }
    return NOT_FOUND;
}
