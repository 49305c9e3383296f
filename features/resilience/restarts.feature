@cap:agent @cap:shared-eni
Feature: Restarts
  Agents and controllers come and go; pods do not notice.

  @req:RES-1 @fault:restart
  Scenario Outline: Pods and grants outlive an agent that is <how>
    Given a node "n1"
    And a pod "a" on "n1"
    And a pod "b" on "n1"
    When the agent of "n1" is <how>
    Then "a" reaches "b" over TCP with IPv4
    And "a" reaches the world over TCP with IPv4, under its own address
    When the agent of "n1" is started
    And a sandbox "c" on "n1"
    Then "n1" comes to serve "c"
    And no two pods have an address in common
    And "a" reaches "c" over TCP with IPv6
    And "b" reaches "a" over UDP with IPv4

    Examples:
      | how     |
      | stopped |
      | killed  |

  @req:RES-2 @req:CNI-4
  Scenario: DEL while the agent is away, and the address comes back
    All 12 addresses of the node are taken; one more pod fits only when the one of
    the pod that went has come back.

    Given a node "n1" with:
      | type                    | plumbline.odd.limit-12 |
      | config allocate_timeout | "20s"                  |
    And 11 pods on "n1"
    And a pod "a" on "n1"
    When the agent of "n1" is killed
    And the runtime deletes "a"
    Then it succeeds
    And "a" has no link eth0 any more
    When the agent of "n1" is started
    And a sandbox "q" on "n1"
    Then "n1" comes to serve "q"

  @req:RES-3 @fault:restart @cap:controller @serial
  Scenario Outline: Pods outlive a controller that is <how>, and nothing is made twice
    Given a node "n1" with:
      | config min_pool_size | 4 |
      | config max_pool_size | 6 |
    And a pod "a" on "n1"
    And a pod "b" on "n1"
    When the controller is <how>
    Then "a" reaches "b" over TCP with IPv4
    When a pod "c" comes to "n1"
    Then "c" reaches "a" over TCP with IPv4
    When the controller is started
    Then the cloud comes to hold 7 to 9 addresses for pods of "n1"
    And no two pods have an address in common
    And all pods of "n1" are on its secondary interfaces, 3 or more on one

    Examples:
      | how     |
      | stopped |
      | killed  |

  @req:RES-4
  Scenario: An ADD that is tried again keeps its address
    Given a node "n1"
    And a pod "a" on "n1"
    When the runtime adds "a" again
    Then it succeeds
    And both ADDs of "a" told the same addresses
    And what ADD told of "a" is there, ready for use

  @req:RES-5
  Scenario: A released address rests
    One address of 12 is free besides the one that was just released; the next pod
    gets that one, and the one after it, much later, the released one.

    Given a node "n1" with:
      | type                    | plumbline.odd.limit-12 |
      | config address_rest     | "3s"                   |
      | config allocate_timeout | "20s"                  |
      | config max_pool_size    | 12                     |
    And 11 pods on "n1"
    When the runtime deletes "p1"
    Then it succeeds
    When a pod "q" comes to "n1"
    And a pod "r" comes to "n1"
    Then "q" got none of the addresses of "p1", but "r" did
