/* The proof of an optimum. */

#include "paper.h"

#include <math.h>
#include <string.h>

/* Whether no set of a brick's pulls earns more than it costs, by `slack`. */
static int content(const Simplex *simplex, const Plane *plane, int brick, double slack) {
    const Model *model = simplex->model;
    double earned = 0.0, dear = simplex->plain ? 1.0 : model->dear[brick];
    for (int p = model->first[brick]; p < model->first[brick + 1]; p++) {
        const Pair *pair = &model->pair[p];
        for (int q = pair->point; q < pair->point + pair->points; q++) {
            double over = -at_place(plane[p], model->point_x[q], model->point_y[q]) - COST_PULL * dear;
            earned += over > 0.0 ? over : 0.0;
        }
    }
    return earned <= COST_SET * dear + slack;
}

/* Whether no column earns more than it costs, by `slack`, at the duals as they are. */
int priced(Simplex *simplex, double slack) {
    const Model *model = simplex->model;
    Plane *plane = take(sizeof(Plane) * (size_t)(model->pairs + model->n + 1));
    if (!plane)
        return 0;
    const double *y = simplex->y;
    planes(model, y, plane);
    for (int p = 0; p < model->pairs; p++)
        for (int c = 8 * p; c < 8 * p + 8; c++)
            if (!(at_place(plane[p], model->corner_x[c], model->corner_y[c]) <= slack))
                return 0;
    for (int s = 0; s < model->presses; s++) {
        Press press = model->press[s];
        if (!((press.more < 0 ? 0.0 : y[press.more]) - (press.less < 0 ? 0.0 : y[press.less]) <= slack))
            return 0;
    }
    for (int i = 0; i < model->n; i++) {
        Plane motion = plane[model->pairs + i];
        if (!model->standing[i])
            continue;
        double dear = simplex->plain ? 1.0 : model->dear[i], force = dear * COST_FORCE, torque = dear * COST_TORQUE;
        if (!(fabs(y[model->vertical[i]]) <= force + slack && fabs(motion.x) <= torque + slack &&
              fabs(motion.y) <= torque + slack && content(simplex, plane, i, slack)))
            return 0;
    }
    return 1;
}

/* Whether the basis is feasible, and no column pays at the published costs. */
int proven(Simplex *simplex) {
    const Model *model = simplex->model;
    int row[MOST_ENTRIES];
    double value[MOST_ENTRIES], *left = simplex->spare;
    for (int p = 0; p < simplex->m; p++)
        if (!(simplex->x[p] >= -SLIP) || (simplex->basic[p].kind == SLACK && !(simplex->x[p] <= SLIP)))
            return 0;
    simplex->plain = 1;
    solve_y(simplex);
    int content_so = priced(simplex, UNUSED);
    simplex->plain = 0;
    if (!content_so)
        return 0;
    /* That the basic columns earn what they cost, and that the rows are met, does not follow from the above. */
    memcpy(left, model->load, sizeof(double) * (size_t)simplex->m);
    for (int p = 0; p < simplex->m; p++) {
        int count = entries(model, simplex->basic[p], row, value);
        double over = simplex->cost[p];
        for (int k = 0; k < count; k++) {
            left[row[k]] -= value[k] * simplex->x[p];
            over -= value[k] * simplex->y[row[k]];
        }
        if (!(fabs(over) <= UNUSED))
            return 0;
    }
    for (int i = 0; i < simplex->m; i++)
        if (!(fabs(left[i]) <= SLIP))
            return 0;
    return 1;
}
