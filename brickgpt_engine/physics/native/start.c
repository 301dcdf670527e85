/* The first basis: every brick hands its load down by supports alone, see joint_start.py. */

#include "paper.h"

#include <math.h>
#include <string.h>

#define NOTHING 1e-9
#define PI 3.14159265358979323846

typedef struct {
    const Model *model;
    double down; /* forces that supports would have to pull with */
    double *force, *moment, *due; /* due: torque that each joint is given from above */
    Column *column;
    int count;
    double *angle, *px, *py;
    int *corner;
} Descent;

typedef struct {
    int corner;
    double part;
} Share;

static void put(Descent *descent, int brick, int corner, double force) {
    const Model *model = descent->model;
    int low = model->pair[corner >> 3].lower;
    double x = model->corner_x[corner], y = model->corner_y[corner];
    descent->column[descent->count++] = (Column){SUPPORT, corner, 0};
    descent->down -= force < 0.0 ? force : 0.0;
    descent->moment[2 * brick] -= force * (x - model->cx[brick]);
    descent->moment[2 * brick + 1] -= force * (y - model->cy[brick]);
    if (low != GROUND) {
        descent->force[low] += force;
        descent->moment[2 * low] += force * (x - model->cx[low]);
        descent->moment[2 * low + 1] += force * (y - model->cy[low]);
    }
}

/* The places next to a direction on its left and right, and the angle between them. */
static double neighbours(const double *angle, int count, int but, int *left, int *right) {
    double wide = 9.0, wider = 9.0;
    *left = *right = -1;
    for (int j = 0; j < count; j++) {
        if (j == but)
            continue;
        if (angle[j] >= 0) {
            if (angle[j] < wide)
                wide = angle[j], *left = j;
        } else if (-angle[j] < wider)
            wider = -angle[j], *right = j;
    }
    return wide + wider;
}

static void around(const double *px, const double *py, int count, double ox, double oy, double ux, double uy,
                   double *angle) {
    for (int j = 0; j < count; j++)
        angle[j] = atan2(ux * (py[j] - oy) - uy * (px[j] - ox), ux * (px[j] - ox) + uy * (py[j] - oy));
}

/* Three places that carry a load at (x, y), the nearest among them; 0 where it lies outside. */
static int inside(Descent *descent, const double *px, const double *py, int count, double x, double y, Share *share) {
    int near = 0, left, right;
    double least = 1e300;
    for (int j = 0; j < count; j++) {
        double apart = (px[j] - x) * (px[j] - x) + (py[j] - y) * (py[j] - y);
        if (apart < least)
            least = apart, near = j;
    }
    double nx = px[near], ny = py[near];
    if (least < NOTHING * NOTHING) {
        int one = near == 0;
        for (int j = one + 1; j < count; j++) {
            double area = (px[one] - nx) * (py[j] - ny) - (px[j] - nx) * (py[one] - ny);
            if (j == near || fabs(area) <= NOTHING)
                continue;
            share[0] = (Share){near, 1.0}, share[1] = (Share){one, 0.0}, share[2] = (Share){j, 0.0};
            return 3;
        }
        return 0;
    }
    around(px, py, count, x, y, x - nx, y - ny, descent->angle);
    double angle = neighbours(descent->angle, count, near, &left, &right);
    if (left < 0 || right < 0 || angle > PI - NOTHING)
        return 0;
    double ax = px[left] - nx, ay = py[left] - ny, bx = px[right] - nx, by = py[right] - ny, area = ax * by - bx * ay;
    if (fabs(area) < NOTHING)
        return 0;
    double a = ((x - nx) * by - bx * (y - ny)) / area, b = (ax * (y - ny) - (x - nx) * ay) / area;
    if (a < -NOTHING || b < -NOTHING || a + b > 1 + NOTHING)
        return 0;
    share[0] = (Share){near, 1 - a - b}, share[1] = (Share){left, a}, share[2] = (Share){right, b};
    return 3;
}

/* Two places at the edge of the hull that lies between its middle and (x, y), and the one furthest from it. */
static int lever(Descent *descent, const double *px, const double *py, int count, double x, double y, Share *share) {
    double mx = 0.0, my = 0.0, *angle = descent->angle;
    int left, right;
    for (int j = 0; j < count; j++)
        mx += px[j] / count, my += py[j] / count;
    around(px, py, count, mx, my, x - mx, y - my, angle);
    neighbours(angle, count, -1, &left, &right);
    if (left < 0 || right < 0)
        return 0;
    for (int turn = 0; turn < 12; turn++) {
        double nx = py[left] - py[right], ny = px[right] - px[left], most = -1e300;
        if (nx * (x - mx) + ny * (y - my) < 0)
            nx = -nx, ny = -ny;
        int furthest = 0;
        for (int j = 0; j < count; j++) {
            double out = nx * px[j] + ny * py[j];
            if (out > most)
                most = out, furthest = j;
        }
        if (most - (nx * px[left] + ny * py[left]) < NOTHING)
            break;
        if (angle[furthest] >= 0)
            left = furthest;
        else
            right = furthest;
    }
    double ax = px[left], ay = py[left], bx = px[right], by = py[right], whole = 0.0;
    int third = -1;
    for (int j = 0; j < count; j++) {
        double area = (ax - px[j]) * (by - py[j]) - (bx - px[j]) * (ay - py[j]);
        if (fabs(area) > fabs(whole))
            whole = area, third = j;
    }
    if (fabs(whole) < NOTHING)
        return 0;
    double last = ((ax - x) * (by - y) - (bx - x) * (ay - y)) / whole;
    double a = ((x - px[third]) * (by - py[third]) - (bx - px[third]) * (y - py[third])) / whole;
    share[0] = (Share){left, a}, share[1] = (Share){right, 1 - a - last}, share[2] = (Share){third, last};
    return 3;
}

/* Numbers and places of the corners below a brick. */
static int brick_corners(Descent *descent, int brick) {
    const Model *model = descent->model;
    int count = 0;
    for (int p = model->first[brick]; p < model->first[brick + 1]; p++)
        for (int c = 8 * p; c < 8 * p + model->pair[p].corners; c++) {
            descent->corner[count] = c;
            descent->px[count] = model->corner_x[c];
            descent->py[count++] = model->corner_y[c];
        }
    return count;
}

/* One corner, chosen so that what torque is left over stays small. */
static void spread(Descent *descent, int brick, double *ex, double *ey) {
    const Model *model = descent->model;
    const double *px = descent->px, *py = descent->py;
    int count = brick_corners(descent, brick), best = 0;
    double force = descent->force[brick], least = 1e300;
    double x = model->cx[brick] + (descent->moment[2 * brick] + *ex) / force;
    double y = model->cy[brick] + (descent->moment[2 * brick + 1] + *ey) / force;
    for (int j = 0; j < count; j++) {
        double apart = (px[j] - x) * (px[j] - x) + (py[j] - y) * (py[j] - y);
        if (apart < least)
            least = apart, best = j;
    }
    put(descent, brick, descent->corner[best], force);
    *ex += descent->moment[2 * brick];
    *ey += descent->moment[2 * brick + 1];
}

/* The bricks below one joint share the torque that it hands on, and what is `over` from those without a load: the
   last, with most load, stands on three supports. */
static void hand_down(Descent *descent, int joint, int *group, int count, const double *over) {
    const Model *model = descent->model;
    const double *px = descent->px, *py = descent->py;
    double ex = 0.0, ey = 0.0, x, y;
    Share share[3];
    for (int k = 0; k + 1 < count; k++)
        spread(descent, group[k], &ex, &ey);
    int brick = group[count - 1], corners = brick_corners(descent, brick);
    double force = descent->force[brick];
    x = descent->due[2 * joint] + over[0];
    y = descent->due[2 * joint + 1] + over[1];
    for (int k = 0; k < count; k++)
        x += descent->moment[2 * group[k]], y += descent->moment[2 * group[k] + 1];
    double at_x = model->cx[brick] + x / force, at_y = model->cy[brick] + y / force;
    int found = inside(descent, px, py, corners, at_x, at_y, share);
    if (!found)
        found = lever(descent, px, py, corners, at_x, at_y, share);
    for (int k = 0; k < found; k++)
        put(descent, brick, descent->corner[share[k].corner], force * share[k].part);
    /* What a brick leaves unturned it hands on to the joint below. */
    for (int k = 0; k < count; k++) {
        int bottom = model->joint_bottom[group[k]];
        descent->due[2 * bottom] -= descent->moment[2 * group[k]];
        descent->due[2 * bottom + 1] -= descent->moment[2 * group[k] + 1];
    }
}

/* Columns of the first basis, top bricks' first; rows that they leave open begin unmet. `down` is the sum of their
   forces below zero, newtons. */
int first_columns(const Model *model, Column *column, double *down) {
    int n = model->n, most = 1;
    Descent descent = {.model = model, .column = column, .count = 0};
    descent.force = take(sizeof(double) * (size_t)n);
    descent.moment = take(sizeof(double) * 2 * (size_t)n);
    descent.due = take(sizeof(double) * 2 * (size_t)model->joints);
    int *next = take(sizeof(int) * (size_t)n), *last = take(sizeof(int) * (size_t)model->joints);
    int *head = take(sizeof(int) * (size_t)model->joints), *group = take(sizeof(int) * (size_t)n);
    for (int i = 0; i < n; i++) {
        int corners = 8 * (model->first[i + 1] - model->first[i]);
        most = corners > most ? corners : most;
    }
    descent.angle = take(sizeof(double) * (size_t)most);
    descent.px = take(sizeof(double) * (size_t)most);
    descent.py = take(sizeof(double) * (size_t)most);
    descent.corner = take(sizeof(int) * (size_t)most);
    if (!descent.px || !descent.py || !descent.corner)
        return -1;
    if (!descent.force || !descent.moment || !descent.due || !next || !last || !head || !group || !descent.angle)
        return -1;
    memset(descent.moment, 0, sizeof(double) * 2 * (size_t)n);
    if (model->lean)
        memcpy(descent.moment, model->lean, sizeof(double) * 2 * (size_t)n);
    memset(descent.due, 0, sizeof(double) * 2 * (size_t)model->joints);
    for (int j = 0; j < model->joints; j++)
        head[j] = last[j] = -1;
    for (int k = 0; k < n; k++) {
        int i = model->order[k], joint = model->joint_top[i];
        descent.force[i] = model->weight[i];
        next[i] = -1;
        if (!model->standing[i])
            continue;
        if (last[joint] >= 0)
            next[last[joint]] = i;
        else
            head[joint] = i;
        last[joint] = i;
    }
    for (int k = n - 1; k >= 0; k--) {
        int joint = model->joint_top[model->order[k]], count = 0;
        double over[2] = {0.0, 0.0};
        for (int i = head[joint]; i >= 0; i = next[i]) {
            int corners = model->first[i + 1] - model->first[i];
            if (!corners || fabs(descent.force[i]) < NOTHING) {
                int bottom = model->joint_bottom[i];
                if (corners) {
                    put(&descent, i, 8 * model->first[i], descent.force[i]);
                    descent.due[2 * bottom] -= descent.moment[2 * i];
                    descent.due[2 * bottom + 1] -= descent.moment[2 * i + 1];
                }
                over[0] += descent.moment[2 * i];
                over[1] += descent.moment[2 * i + 1];
                continue;
            }
            int at = count++;
            for (; at > 0 && fabs(descent.force[group[at - 1]]) > fabs(descent.force[i]); at--)
                group[at] = group[at - 1];
            group[at] = i;
        }
        head[joint] = -1;
        if (count)
            hand_down(&descent, joint, group, count, over);
    }
    *down = descent.down;
    return descent.count;
}
